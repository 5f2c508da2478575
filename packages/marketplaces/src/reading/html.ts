import { Parser } from 'htmlparser2';
import { UnreadablePage } from '../connector.ts';

export interface HtmlElement {
  /** Its place in the page's list. */
  readonly index: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of the element that holds it; -1 for none. */
  readonly parent: number;
  /** Where its text begins and ends in the page's text. */
  readonly from: number;
  to: number;
}

/** A page as a flat list: nothing of it recurses, so no nesting is too deep for a reader. */
export interface HtmlPage {
  /** In the order of their start tags. */
  readonly elements: readonly HtmlElement[];
  /** What is shown: without scripts, styles and templates; blocks end with a line break. */
  readonly text: string;
  readonly scripts: readonly HtmlScript[];
  /** By `name`, `property` or `itemprop` in lower case; the first of a name counts. */
  readonly meta: ReadonlyMap<string, string>;
}

export interface HtmlScript {
  readonly type: string;
  readonly text: string;
}

/** A marketplace's page has some thousands. */
const maxElements = 200_000;
/** The parser looks through its open elements at each end tag: without a bound, an open end makes it quadratic. */
const maxDepth = 256;

/** An `i` that is hidden from screen readers is an icon, whose name would stand in the text. */
const unshown = new Set(['script', 'style', 'template', 'noscript', 'textarea', 'svg', 'iframe']);
const blocks = new Set(
  'address article aside blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table tr ul'.split(
    ' ',
  ),
);

/**
 * Reads HTML in one pass, forgiving as browsers are. Throws UnreadablePage for what is no page but an attack on a parser.
 */
export function readHtml(html: string): HtmlPage {
  const elements: HtmlElement[] = [];
  const scripts: HtmlScript[] = [];
  const meta = new Map<string, string>();
  const open: number[] = [];
  const hides: boolean[] = [];
  const text: string[] = [];
  let length = 0;
  let hidden = 0;
  let script: string[] | undefined;
  const add = (piece: string) => {
    text.push(piece);
    length += piece.length;
  };
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (open.length >= maxDepth) throw new UnreadablePage(`Its elements are nested more than ${maxDepth} deep.`);
        if (elements.length >= maxElements) throw new UnreadablePage(`It has more than ${maxElements} elements.`);
        open.push(elements.length);
        elements.push({
          index: elements.length,
          name,
          attributes,
          parent: open.at(-2) ?? -1,
          from: length,
          to: length,
        });
        const hiding = unshown.has(name) || (name === 'i' && attributes['aria-hidden'] === 'true');
        hides.push(hiding);
        if (hiding) hidden++;
        if (name === 'script') script = [];
        if (name === 'meta') remember(meta, attributes);
      },
      ontext(piece) {
        if (script !== undefined) script.push(piece);
        else if (hidden === 0) add(piece);
      },
      onclosetag(name) {
        const element = elements[open.pop() ?? -1];
        if (element === undefined) return;
        if (hides.pop() === true) hidden--;
        if (name === 'script' && script !== undefined) {
          scripts.push({ type: attributeOf(element, 'type') ?? '', text: script.join('') });
          script = undefined;
        }
        element.to = length;
        if (hidden === 0 && blocks.has(name)) add('\n');
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  );
  parser.end(html);
  return { elements, text: text.join(''), scripts, meta };
}

function remember(meta: Map<string, string>, attributes: Readonly<Record<string, string>>): void {
  const { name, property, itemprop, content } = attributes;
  const key = (name ?? property ?? itemprop)?.toLowerCase();
  if (key !== undefined && content !== undefined && !meta.has(key)) meta.set(key, content);
}

export function attributeOf(element: HtmlElement, name: string): string | null {
  return Object.hasOwn(element.attributes, name) ? (element.attributes[name] ?? null) : null;
}

/** An element's text, its descendants' included. */
export function textOf(page: HtmlPage, element: HtmlElement): string {
  return page.text.slice(element.from, element.to);
}

/** Those that stand within one, at any depth: they follow it in the list, until one does that is not within. */
export function within(page: HtmlPage, element: HtmlElement): readonly HtmlElement[] {
  let end = element.index + 1;
  while ((page.elements[end]?.parent ?? -1) >= element.index) end++;
  return page.elements.slice(element.index + 1, end);
}

/** The elements directly within one. */
export function childrenOf(page: HtmlPage, element: HtmlElement): readonly HtmlElement[] {
  return within(page, element).filter(({ parent }) => parent === element.index);
}

export function parentOf(page: HtmlPage, element: HtmlElement): HtmlElement | null {
  return page.elements[element.parent] ?? null;
}

/** The next element within the same parent. */
export function nextSibling(page: HtmlPage, element: HtmlElement): HtmlElement | null {
  const next = page.elements[element.index + within(page, element).length + 1];
  return next !== undefined && next.parent === element.parent ? next : null;
}
