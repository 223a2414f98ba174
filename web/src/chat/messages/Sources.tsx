import { webUrl } from '../markdown/links';
import type { Source } from '../replies/parts';
import { texts } from '../texts';

/** The pages that a reply cites, with the numbers that its text refers to. */
export function Sources({ sources }: { sources: readonly Source[] }) {
  return (
    <ol className="sources" aria-label={texts.sources}>
      {sources.map(({ url, title }, index) => (
        <li key={url}>
          <span className="number">[{index + 1}]</span> <SourceLink url={webUrl(url)} title={title || url} />
        </li>
      ))}
    </ol>
  );
}

/** `url` is `undefined` for an address that must not be opened. */
function SourceLink({ url, title }: { url: URL | undefined; title: string }) {
  if (!url) return <bdi>{title}</bdi>;
  return (
    <>
      <a href={url.href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
        {title}
      </a>
      <span className="host"> – {url.host.replace(/^www\./, '')}</span>
    </>
  );
}
