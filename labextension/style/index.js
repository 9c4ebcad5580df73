import './sidebar/frame.css';
import './sidebar/gpus.css';
import './sidebar/rows.css';
import './sidebar/runs.css';
import './sidebar/status.css';
import './starting/offer.css';
import './sidebar/access.css';
