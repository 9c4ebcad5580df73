/** Icons of what starts a run and of the check, drawn for this project; each its own shape and colour. */

import { LabIcon } from '@jupyterlab/ui-components';

const svg = (body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">${body}</svg>`;

/** A page with a plus. */
export const newNotebookIcon = new LabIcon({
  name: 'paddle-lab:new-notebook',
  svgstr: svg(
    '<path class="jp-icon-warn0" fill="#f57c00" d="M6 2h8l5 5v4.500h-1.800V8H13V3.800H6.800v16.400H12V22H6a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM17 14h1.800v3.200H22V19h-3.200v3.200H17V19h-3.200v-1.800H17z"/>'
  )
});

/** Three sliders. */
export const tuneIcon = new LabIcon({
  name: 'paddle-lab:tune',
  svgstr: svg(
    '<path class="jp-icon3" fill="#616161" d="M5 3h1.800v9H5zM5 17h1.800v4H5zM3 13h5.800v3H3zM11.100 3h1.800v3h-1.800zM11.100 11h1.800v10h-1.800zM9.100 7h5.800v3H9.100zM17.200 3H19v11h-1.800zM17.200 19H19v2h-1.800zM15.200 15H21v3h-5.800z"/>'
  )
});

/** A shield with a tick. */
export const checkIcon = new LabIcon({
  name: 'paddle-lab:check',
  svgstr: svg(
    '<path fill="#388e3c" d="M12 2l8 3v6.200c0 4.800-3.200 8.900-8 10.800-4.800-1.900-8-6-8-10.800V5zm0 1.900L5.800 6.200v5c0 3.800 2.400 7 6.200 8.800 3.800-1.800 6.200-5 6.200-8.800v-5zM15.800 8.700l1.300 1.300-5.900 5.900-3.300-3.300 1.300-1.300 2 2z"/>'
  )
});

/** A curve that falls, with its axes. */
export const runsIcon = new LabIcon({
  name: 'paddle-lab:runs',
  svgstr: svg(
    '<path class="jp-icon-brand0" fill="#1976d2" d="M3 3h1.800v16.200H21V21H3zM7 5.500c1 6 3.500 9 6.500 10 2 .7 4.500.800 6.500.800v1.800c-2.300 0-5-.1-7.100-.9C9 15.900 6.300 12.400 5.200 5.800z"/>'
  )
});
