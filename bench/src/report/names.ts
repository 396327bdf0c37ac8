import type { ServerId } from '../scenario.ts'

/** How a column is called at the head of a table. */
export const columnNames: Readonly<Record<ServerId, string>> = {
  tutti: 'Tutti',
  'tutti-native': 'Tutti, own wire',
  yws: 'y-websocket (YW)',
  'yws-leveldb': '+ y-leveldb (YWL)',
  hocus: 'Hocuspocus (HP)',
  'hocus-sqlite': '+ SQLite (HPS)',
  'y-indexeddb': 'y-indexeddb (YI)',
  'y-doc': 'Y.Doc',
  'ws-floor': 'floor: bare ws',
  'level-floor': 'floor: LevelDB',
  'file-floor': 'floor: file',
}

/** How it is called where there is little room. */
export const shortNames: Readonly<Record<ServerId, string>> = {
  tutti: 'ours',
  'tutti-native': 'ours, own wire',
  yws: 'YW',
  'yws-leveldb': 'YWL',
  hocus: 'HP',
  'hocus-sqlite': 'HPS',
  'y-indexeddb': 'YI',
  'y-doc': 'Y.Doc',
  'ws-floor': 'bare ws',
  'level-floor': 'bare LevelDB',
  'file-floor': 'bare file',
}
