import { createRoot } from 'react-dom/client';
import { App } from './App';
import { keepPage } from './keepPage';
import { restore } from './session/session';
import { texts } from './texts';
import { keepTheme } from './ui/theme';
import './styles/page.css';
import './styles/sidebar.css';
import './styles/messages.css';
import './styles/composer.css';
import './styles/markdown.css';

document.documentElement.lang = texts.language;
document.documentElement.dir = texts.direction;
keepTheme();
keepPage();
void restore();
createRoot(document.getElementById('root')!).render(<App />);
