import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type AccountPage, accountPages } from './pages.ts';

/**
 * Nothing happens by following a link: whatever opens links in mails to look at them would use them up. The token is behind
 * the #, so it reaches the API in the body of a request alone.
 */
const script = `
const page = JSON.parse(document.getElementById('page').textContent);
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
history.replaceState(null, '', location.pathname);
const said = document.querySelector('output');
const password = document.querySelector('input');
for (const button of document.querySelectorAll('button')) button.addEventListener('click', async (event) => {
  event.preventDefault();
  const { adds, action = page.action, sendsPassword = true } = page.buttons[Number(button.value)];
  const body = { token, ...adds, ...(password && sendsPassword && { password: password.value }) };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(action, { method: 'POST', headers, body: JSON.stringify(body) });
  said.textContent = response.ok ? page.done : (await response.json()).detail;
  if (response.ok) for (const each of document.querySelectorAll('button')) each.disabled = true;
});
`;
const hash = createHash('sha256').update(script).digest('base64');
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src 'sha256-${hash}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** /account/activate and what else mails lead to. */
export function registerAccountPages(app: FastifyInstance): void {
  for (const [name, page] of Object.entries(accountPages)) {
    const html = render(page);
    app.get(`/account/${name}`, async (_request, reply) =>
      reply
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-store')
        .header('referrer-policy', 'no-referrer')
        .type('text/html; charset=utf-8')
        .send(html),
    );
  }
}

/** All of it is ours: nothing of a request stands in the page. */
function render(page: AccountPage): string {
  const password = page.asksPassword
    ? '<p><label>New password, of at least 10 characters <input type="password" minlength="10" autocomplete="new-password"></label>'
    : '';
  const buttons = page.buttons.map(({ label }, index) => `<button value="${index}">${label}</button>`).join(' ');
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${page.title}</title>
<h1>${page.title}</h1>
<p>${page.text}
<form>${password}
<p>${buttons}
<p><output></output></form>
<script type="application/json" id="page">${JSON.stringify(page)}</script>
<script>${script}</script>
</html>
`;
}
