import { useEffect, useState } from 'react';
import { texts } from '../texts';
import { copy } from './copy';
import { Icon } from './Icon';

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  return (
    <button
      type="button"
      className="icon-button"
      aria-label={copied ? texts.copied : label}
      title={copied ? texts.copied : label}
      onClick={async () => setCopied(await copy(text))}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
