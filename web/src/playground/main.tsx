import './csp';
import './workers';
import { createRoot } from 'react-dom/client';
import { Playground } from './Playground';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './playground.css';

// The editor measures its letters once, at the start, and must find its font by then.
await document.fonts.load('15px "Fira Code"').catch(() => undefined);

createRoot(document.getElementById('root')!).render(<Playground />);
