import 'uplot/dist/uPlot.min.css';
import './run/card.css';
import './run/curve.css';
import './run/tabs.css';
import './run/trial.css';
