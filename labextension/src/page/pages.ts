// What is fetched with the first page.

import '../../style/page.css';

export { RunPage } from './runPage';
export { RunsPage } from './runsPage';
export { WallPage } from '../wall/page';
