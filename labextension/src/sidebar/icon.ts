/** The sidebar's own icon: a chip with a pulse, drawn for this project. */

import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">
  <g class="jp-icon3" fill="currentColor">
    <path d="M9 2h1.6v3H9zM13.4 2H15v3h-1.6zM9 19h1.6v3H9zM13.4 19H15v3h-1.6zM2 9h3v1.6H2zM2 13.4h3V15H2zM19 9h3v1.6h-3zM19 13.4h3V15h-3z"/>
    <path fill-rule="evenodd" d="M7 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V7c0-1.100.9-2 2-2zm.2 1.700a.5.5 0 0 0-.5.5v9.600c0 .3.2.5.5.5h9.600a.5.5 0 0 0 .5-.5V7.200a.5.5 0 0 0-.5-.5z"/>
    <path d="M7.500 13.200v-1.500h2l1.300-3.400h1.100l1.900 5 .9-1.600h1.800v1.500h-.9l-1.500 2.600h-1.100l-1.700-4.600-.8 2z"/>
  </g>
</svg>`;

export const paddleIcon = new LabIcon({ name: 'paddle-lab:chip', svgstr: SVG });
