import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'
import { findRoom } from './find-room.ts'
import { openDatabase } from './open-level.ts'

/** A folder of this machine. */
export function nodeDisk(folder: string): Disk {
  return {
    folder,
    openDatabase: create => openDatabase(join(folder, 'level'), create),
    findRoom: () => findRoom(folder),
    readFile(name) {
      try {
        return readFileSync(join(folder, name))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
    openFile: (name, fresh) => nodeFile(openSync(join(folder, name), fresh ? 'w+' : 'r+')),
    renameFile: (from, to) => renameSync(join(folder, from), join(folder, to)),
  }
}

function nodeFile(handle: number): DiskFile {
  return {
    write(bytes, position) {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(handle, bytes, written, bytes.length - written, position + written)
      }
    },
    truncate: length => ftruncateSync(handle, length),
    sync: () => fsyncSync(handle),
    close: () => closeSync(handle),
  }
}
