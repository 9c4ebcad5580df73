/** Icons of what starts a run and of the check, drawn for this project; each its own shape and colour. */

import { LabIcon } from '@jupyterlab/ui-components';

const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">${body}</svg>`;

/** A page with a plus. */
export const newNotebookIcon = new LabIcon({
  name: 'paddle-lab:new-notebook',
  svgstr: svg(
    '<path class="jp-icon-warn0" fill="#f57c00" d="M6 2h8l5 5v5h-2V8h-4V4H7v16h5v2H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM17 14h2v3h3v2h-3v3h-2v-3h-3v-2h3z"/>'
  )
});

/** Three sliders. */
export const tuneIcon = new LabIcon({
  name: 'paddle-lab:tune',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M5 3h2v9H5zM5 17h2v4H5zM3 13h6v3H3zM11 3h2v3h-2zM11 11h2v10h-2zM9 7h6v3H9zM17 3h2v11h-2zM17 19h2v2h-2zM15 15h6v3h-6z"/>'
  )
});

/** A shield with a tick. */
export const checkIcon = new LabIcon({
  name: 'paddle-lab:check',
  svgstr: svg(
    '<path fill="#388e3c" d="M12 2l8 3v6.2c0 4.8-3.2 8.9-8 10.8-4.8-1.9-8-6-8-10.8V5zm0 1.9L5.8 6.2v5c0 3.8 2.4 7 6.2 8.8 3.8-1.8 6.2-5 6.2-8.8v-5zM15.8 8.7l1.3 1.3-5.9 5.9-3.3-3.3 1.3-1.3 2 2z"/>'
  )
});

/** A curve that falls, with its axes. */
export const runsIcon = new LabIcon({
  name: 'paddle-lab:runs',
  svgstr: svg(
    '<path class="jp-icon-brand0" fill="#1976d2" d="M3 3h1.8v16.2H21V21H3zM7 5.5c1 6 3.5 9 6.5 10 2 .7 4.5.8 6.5.8v1.8c-2.3 0-5-.1-7.1-.9C9 15.9 6.3 12.4 5.2 5.8z"/>'
  )
});
