export const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** Name of the modifier key for shortcuts on this device. */
export const MOD = MAC ? '⌘' : 'Ctrl';
