import { describe, expect, test } from 'vitest';
import { listAt, parseJson } from '../reading/json.ts';
import { corpusFile, corpusFiles } from '../testing/corpus.ts';
import { outlineOf } from '../testing/outline.ts';
import { pageOf } from '../testing/page-of.ts';
import { wordpressPlugins } from './index.ts';

const folder = 'wordpress';
const files = corpusFiles(folder);

/** Read off the answers. The one of 2024 was asked for without the number of active installs and without icons. */
const expected: Readonly<Record<string, readonly unknown[]>> = {
  'plugin-information-six-2019.json': [
    {
      externalId: 'astra-sites',
      availability: { state: 'available' },
      name: 'Astra Starter Sites – Elementor, Beaver Builder & Gutenberg Templates',
      slug: 'astra-sites',
      url: 'https://wordpress.org/plugins/astra-sites/',
      logoUrl: 'https://ps.w.org/astra-sites/assets/icon-256x256.jpg?rev=1712437',
      summary:
        'The growing library of 90+ ready-to-use free website templates built for Elementor, Beaver Builder page…',
      tags: ['Astra Starter Sites', 'beaver builder', 'elementor', 'gutenberg', 'templates'],
      version: '1.3.17',
      users: { value: 100000, bound: 'at_least', metric: 'active_installs' },
      rating: 4.8,
      ratingCount: { value: 15, bound: 'exact' },
      websiteUrl: 'https://www.wpastra.com/pro/',
      createdAt: '2017-07-26',
      updatedAt: '2019-07-11T07:41:00.000Z',
      description: 'FREE TEMPLATES FOR ELEME…3336…m WPCrafter:',
      developer: ['B…16', 'n…10', 'h…32'],
    },
    {
      externalId: 'easier-excerpts',
      availability: { state: 'available' },
      name: 'Easier Excerpts',
      slug: 'easier-excerpts',
      url: 'https://wordpress.org/plugins/easier-excerpts/',
      logoUrl: 'https://ps.w.org/easier-excerpts/assets/icon-256x256.jpg?rev=1366127',
      summary: 'Automatically changes the size of the excerpt field to fit the length of your content.',
      tags: ['blog', 'excerpts'],
      version: '1.9.0',
      users: { value: 200, bound: 'at_least', metric: 'active_installs' },
      rating: 5,
      ratingCount: { value: 3, bound: 'exact' },
      websiteUrl: 'https://wordpress.org/plugins/easier-excerpts/',
      createdAt: '2016-03-07',
      updatedAt: '2018-12-21T19:07:00.000Z',
      description: 'Automatically changes th…1609…ur own risk.',
      developer: ['P…14', 'p…9', 'h…21'],
    },
    {
      externalId: 'happy-elementor-addons',
      availability: { state: 'available' },
      name: 'Happy Elementor Addons',
      slug: 'happy-elementor-addons',
      url: 'https://wordpress.org/plugins/happy-elementor-addons/',
      logoUrl: 'https://ps.w.org/happy-elementor-addons/assets/icon-256x256.png?rev=2110879',
      summary:
        'HappyAddons is a collection of slick, powerful widgets that works seamlessly with Elementor page builder. It’s trendy look with detail customization f …',
      tags: ['addon', 'elementor', 'form', 'page builder', 'widget'],
      version: '1.1.1',
      users: { value: 200, bound: 'at_least', metric: 'active_installs' },
      rating: 5,
      ratingCount: { value: 20, bound: 'exact' },
      websiteUrl: 'https://happyaddons.com/',
      createdAt: '2019-03-05',
      updatedAt: '2019-07-10T19:52:00.000Z',
      description: 'HappyAddons is a collect…5038…from others.',
      developer: ['H…12', 't…15', 'h…24'],
    },
    {
      externalId: 'titan-framework',
      availability: { state: 'available' },
      name: 'Titan Framework',
      slug: 'titan-framework',
      url: 'https://wordpress.org/plugins/titan-framework/',
      logoUrl: 'https://ps.w.org/titan-framework/assets/icon-256x256.png?rev=1463717',
      summary: 'Create Settings for Your WordPress Themes & Plugins with Just a Few Lines of Code.',
      tags: ['admin', 'admin panel', 'framework', 'meta box', 'options'],
      version: '1.12.1',
      users: { value: 7000, bound: 'at_least', metric: 'active_installs' },
      rating: 4.5,
      ratingCount: { value: 24, bound: 'exact' },
      websiteUrl: 'https://www.titanframework.net/',
      createdAt: '2014-02-17',
      updatedAt: '2018-07-04T11:06:00.000Z',
      description: 'Titan Framework allows t…3247…GitHub repo!',
      developer: ['B…22', 'b…7', 'h…18'],
    },
    {
      externalId: 'wp-logout-redirect',
      availability: { state: 'available' },
      name: 'WP Logout Redirect',
      slug: 'wp-logout-redirect',
      url: 'https://wordpress.org/plugins/wp-logout-redirect/',
      logoUrl: 'https://ps.w.org/wp-logout-redirect/assets/icon.svg?rev=2122307',
      summary: 'This is a simple plugin which will take users to the homepage after logout. There…',
      tags: ['admin', 'logout', 'logout redirect', 'redirection', 'settings'],
      version: '1.1',
      users: { value: 0, bound: 'at_least', metric: 'active_installs' },
      ratingCount: { value: 0, bound: 'exact' },
      websiteUrl: 'https://wordpress.org/plugins/wp-logout-redirect/',
      createdAt: '2019-07-12',
      updatedAt: '2019-07-13T10:28:00.000Z',
      description: 'This is a simple plugin …570…GitHub Repo.',
      developer: ['H…12', 'h…11', 'h…30'],
    },
    {
      externalId: 'wp-quick-provision',
      availability: { state: 'available' },
      name: 'WP Quick Provision',
      slug: 'wp-quick-provision',
      url: 'https://wordpress.org/plugins/wp-quick-provision/',
      logoUrl: 'https://ps.w.org/wp-quick-provision/assets/icon.svg?rev=2119981',
      summary:
        'This is a powerful provisioning plugin to install multiple themes and plugins automatically by providing…',
      tags: ['development', 'management', 'provision', 'settings', 'setup'],
      version: '3.0.1',
      users: { value: 10, bound: 'at_least', metric: 'active_installs' },
      rating: 5,
      ratingCount: { value: 19, bound: 'exact' },
      websiteUrl: 'https://provisionwp.com/',
      createdAt: '2019-07-09',
      updatedAt: '2019-07-13T19:28:00.000Z',
      description: 'This plugin can save you…1354…ese plugins.',
      developer: ['H…12', 'h…11', 'h…24'],
    },
  ],
  'plugin-information-autoptimize-2024.json': [
    {
      externalId: 'autoptimize',
      availability: { state: 'available' },
      name: 'Autoptimize',
      slug: 'autoptimize',
      url: 'https://wordpress.org/plugins/autoptimize/',
      tags: ['core web vitals', 'images', 'Optimize', 'pagespeed', 'performance'],
      version: '3.1.12',
      rating: 4.7,
      ratingCount: { value: 1411, bound: 'exact' },
      websiteUrl: 'https://autoptimize.com/pro/',
      createdAt: '2009-07-09',
      updatedAt: '2024-07-25T17:22:00.000Z',
      description: 'Autoptimize makes optimi…1405…LL Twistiti)',
      developer: ['F…23', 'o…17', 'h…28'],
    },
  ],
};

describe.skipIf(files.length === 0)('real answers of WordPress.org', () => {
  test.each(files)('%s is read to the facts that it shows', (name) => {
    const json = new TextDecoder().decode(corpusFile(folder, name));
    const answers = listAt(parseJson(json))?.map((answer) => JSON.stringify(answer)) ?? [json];
    const read = answers.map((body) => wordpressPlugins.read(pageOf({ url: 'https://api.wordpress.org/', body })));
    expect(read.flatMap(({ plugins }) => plugins.map(outlineOf))).toEqual(expected[name]);
  });
});
