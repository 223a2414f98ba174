import { open, pathTo } from '../route';
import { useStateOf } from '../state';
import { texts } from '../texts';
import { pressedOnce } from '../ui/pressedOnce';
import { Timestamp } from '../ui/Timestamp';
import { followsInPage } from './followsInPage';
import './starters.css';

/** Number of recent chats on the empty page. */
const RECENT = 3;

/** What to do on the empty page: a click on a suggestion sends it, and the recent chats can be continued. */
export function Starters({ onSend }: { onSend: (content: string) => void }) {
  const items = useStateOf(({ conversations }) => conversations.items);

  return (
    <div className="starters">
      <ul className="suggestions" aria-label={texts.suggestionsLabel}>
        {texts.suggestions.map((text) => (
          <li key={text}>
            <button type="button" {...pressedOnce(() => onSend(text))}>
              {text}
            </button>
          </li>
        ))}
      </ul>
      {items.length > 0 && (
        <section className="recent" aria-labelledby="recent-chats">
          <h2 id="recent-chats">{texts.recentChats}</h2>
          <ul>
            {items.slice(0, RECENT).map(({ id, title, updatedAt }) => (
              <li key={id}>
                <a href={pathTo(id)} onClick={(event) => followsInPage(event) && open(id)}>
                  <span dir="auto">{title}</span> <Timestamp at={updatedAt} />
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
