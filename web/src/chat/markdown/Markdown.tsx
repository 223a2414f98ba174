import type { Token, Tokens } from 'marked';
import { memo, useRef, type ReactNode } from 'react';
import { texts } from '../texts';
import { autoClosed } from './autoClose';
import { parseBlocks, noBlocks, type Block } from './blocks';
import { Code } from './Code';
import { foldDetails, isDetails, type Folded } from './details';
import { directionOf } from './direction';
import { decodeEntities } from './entities';
import { headingLevels } from './headings';
import type { Inline as InlineToken } from './inline/tokens';
import { safeHref } from './links';
import { copySource } from './math/copySource';
import { Formula, PendingFormula } from './math/Formula';
import { reuseParts } from './reuseParts';
import { ScrollArea } from './ScrollArea';

/**
 * Renders Markdown as React elements. No HTML is built from a model's text, so there is nothing to sanitize. Most tags are
 * shown as text, and images as links, because the page requests nothing from other hosts. `unfinished`: the text is still
 * growing or was cut off.
 */
export const Markdown = memo(function Markdown({ text, unfinished = false }: { text: string; unfinished?: boolean }) {
  const before = useRef(noBlocks);
  before.current = parseBlocks(text, before.current);
  const closed = useRef<readonly Block[]>([]);
  const last = before.current.blocks.at(-1);
  // A growing list is parsed again for each word, but its unchanged items stay the same objects.
  closed.current = unfinished && last ? reuseParts(closed.current, autoClosed(last)) : [];
  const blocks = unfinished && last ? [...before.current.blocks.slice(0, -1), ...closed.current] : before.current.blocks;
  const levels = headingLevels(blocks);
  return (
    <div className="markdown" dir="auto" onCopy={copySource}>
      {sections(foldDetails(blocks), levels)}
    </div>
  );
});

/** `levels`: those of headings, by the index of their block. */
function sections(folded: readonly Folded[], levels: readonly (number | undefined)[] = []): ReactNode {
  return folded.map(({ block, index, content }) =>
    content && isDetails(block) ? (
      <details key={index} dir="auto">
        <summary>{block.tokens.length > 0 ? inline(block.tokens) : texts.details}</summary>
        {sections(content, levels)}
      </details>
    ) : (
      <BlockView key={index} block={block} level={levels[index]} />
    ),
  );
}

/** Settled blocks are the same objects as before, so they are not rendered again. */
const BlockView = memo(function BlockView({ block, level }: { block: Block; level?: number }) {
  return blockElement(block, level);
});

function blockElement(token: Token, level?: number): ReactNode {
  switch (token.type) {
    case 'paragraph':
      return <p dir="auto">{inline(token.tokens)}</p>;
    case 'heading': {
      // A heading in a list or a quotation is not part of the outline.
      const Heading = level ? (`h${level}` as 'h3') : 'p';
      return <Heading dir="auto">{level ? inline(token.tokens) : <strong>{inline(token.tokens)}</strong>}</Heading>;
    }
    case 'code':
      return <Code text={token.text} language={(token as Tokens.Code).lang?.split(/\s/)[0]} />;
    case 'list':
      return list(token as Tokens.List);
    case 'blockquote':
      return <blockquote dir={directionOf(token.text)}>{blocks(token.tokens)}</blockquote>;
    case 'table':
      return table(token as Tokens.Table);
    case 'math':
      return <ScrollArea className="formula">{formula(token as unknown as InlineToken)}</ScrollArea>;
    case 'hr':
      return <hr />;
    case 'html':
    case 'details': // without its counterpart
      return <p dir="auto">{token.raw.trim()}</p>;
    case 'text':
      return token.tokens ? inline(token.tokens) : decodeEntities(token.text);
    default:
      return null;
  }
}

function blocks(tokens: Token[] = []): ReactNode {
  return sections(foldDetails(tokens));
}

function list({ ordered, start, items, raw }: Tokens.List): ReactNode {
  const children = items.map((item, index) => <Item key={index} item={item} />);
  const dir = directionOf(raw);
  if (!ordered) return <ul dir={dir}>{children}</ul>;
  return (
    <ol dir={dir} start={start === '' ? undefined : start}>
      {children}
    </ol>
  );
}

/** Memoized like blocks: when a long list grows, only its last item is rendered. */
const Item = memo(function Item({ item: { task, checked = false, tokens } }: { item: Tokens.ListItem }) {
  return (
    <li>
      {task && <input type="checkbox" checked={checked} disabled readOnly aria-label={texts.task(checked)} />}
      {blocks(tokens.filter(({ type }) => type !== 'checkbox'))}
    </li>
  );
});

function table({ header, rows, raw }: Tokens.Table): ReactNode {
  return (
    <div className="wide">
      <ScrollArea className="table" dir={directionOf(raw)}>
        <table>
          <thead>
            <tr>
              {header.map((cell, column) => (
                <th key={column} className={sideOf(cell)} dir="auto">
                  {inline(cell.tokens)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <Row key={index} row={row} />
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </div>
  );
}

/** Memoized like items. */
const Row = memo(function Row({ row }: { row: Tokens.TableCell[] }) {
  return (
    <tr>
      {row.map((cell, column) => (
        <td key={column} className={sideOf(cell)} dir="auto">
          {inline(cell.tokens)}
        </td>
      ))}
    </tr>
  );
});

function sideOf({ align }: Tokens.TableCell): string | undefined {
  return align ? `align-${align}` : undefined;
}

function inline(tokens: Token[] = []): ReactNode {
  return tokens.map((token, index) => (token.type === 'text' ? decodeEntities(token.text) : <Inline key={index} token={token} />));
}

function Inline({ token }: { token: Token }): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens)}</strong>;
    case 'em':
      return <em>{inline(token.tokens)}</em>;
    case 'del':
      return <del>{inline(token.tokens)}</del>;
    case 'math':
      return formula(token as unknown as InlineToken);
    case 'sub':
      return <sub>{inline(token.tokens)}</sub>;
    case 'sup':
      return <sup>{inline(token.tokens)}</sup>;
    case 'kbd':
      return <kbd>{inline(token.tokens)}</kbd>;
    case 'codespan':
      return <code dir="ltr">{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return link(token.href, inline(token.tokens), token.title);
    case 'image':
      return link(token.href, decodeEntities(token.text) || token.href, token.title);
    case 'html':
      return token.raw;
    case 'text':
      return token.tokens ? inline(token.tokens) : decodeEntities(token.text);
    default:
      return 'text' in token ? decodeEntities(token.text) : token.raw;
  }
}

function formula({ raw, text, display = false, pending }: InlineToken): ReactNode {
  if (pending) return <PendingFormula source={raw.trim()} />;
  return text ? <Formula tex={text} source={raw.trim()} display={display} /> : raw.trim();
}

function link(href: string, children: ReactNode, title?: string | null): ReactNode {
  const safe = safeHref(decodeEntities(href));
  if (!safe) return <span>{children}</span>;
  return (
    <a href={safe} title={title ?? undefined} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
