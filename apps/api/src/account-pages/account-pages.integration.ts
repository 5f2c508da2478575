import { createHash } from 'node:crypto';
import { actions } from '@granary/domain';
import { expect, test } from 'vitest';
import { startTestApi } from '../testing/start-test-api.ts';
import { accountPages } from './pages.ts';

const api = await startTestApi();

test.each(Object.entries(accountPages))(
  '/account/%s posts to an action, and runs its own script alone',
  async (name, page) => {
    const response = await api.fetch(`/account/${name}`, { key: null });
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain(`<title>${page.title}</title>`);
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}'`);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    for (const { action: path = page.action, adds, sendsPassword = page.asksPassword } of page.buttons) {
      const action = actions.find(({ rest }) => rest.method === 'POST' && rest.path === path);
      expect(action?.realm, path).toBe('identity');
      const body = { token: 'x', ...adds, ...(sendsPassword && { password: 'quite a long winter evening' }) };
      expect(action?.input.safeParse(body).error, path).toBeUndefined();
    }
  },
);

test('what stands in an address stands in no page', async () => {
  const response = await api.fetch('/account/activate?token=%3Cscript%3Ealert(1)%3C/script%3E', { key: null });
  expect(await response.text()).not.toContain('alert(1)');
});
