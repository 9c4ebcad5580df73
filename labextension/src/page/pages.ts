// What is fetched with the first page.

import '../../style/run.js';
import '../../style/page/page.css';
import '../../style/page/table.css';

export { RunPage } from './runPage';
export { RunsPage } from './runsPage';
export { WallPage } from '../wall/page';
