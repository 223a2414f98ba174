import './csp';
import './workers';
import { createRoot } from 'react-dom/client';
import { onOtherUser, restore } from '../chat/session/session';
import { Playground } from './Playground';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './playground.css';
import './events.css';
import './phone.css';

// A user who is signed in on the chat page is signed in here.
onOtherUser(() => location.reload());
void restore();

// Another link was opened in this tab.
addEventListener('hashchange', () => location.reload());

// The editor measures its font once, at the start, so the font must be loaded by then.
await document.fonts.load('15px "Fira Code"').catch(() => undefined);

createRoot(document.getElementById('root')!).render(<Playground />);
