/** Who uses this device. */
export interface Person {
  readonly name: string
  readonly color: string
  /** Tells two tabs of one device from two devices. */
  readonly device: string
}

/** Dark enough for white letters, far enough apart to be told from each other. */
export const colors: Readonly<Record<string, string>> = {
  orange: '#d9480f',
  red: '#c2255c',
  violet: '#7048e8',
  blue: '#1971c2',
  teal: '#0c8599',
  green: '#2b8a3e',
  ochre: '#a86700',
  grey: '#59626c',
}

const storedAs = 'setlist-person'

/** The one who was here before, or somebody without a name yet. */
export function personHere(): Person {
  const found = read()
  if (found !== null) return found
  const device = crypto.getRandomValues(new Uint32Array(2)).join('-')
  const choices = Object.values(colors)
  const color = choices[Math.floor(Math.random() * choices.length)] as string
  return rememberPerson({ name: '', color, device })
}

export function rememberPerson(person: Person): Person {
  try {
    localStorage.setItem(storedAs, JSON.stringify(person))
  } catch {
    // Storage may be forbidden: then the name lasts as long as the page.
  }
  return person
}

/** Two letters for a small circle. */
export function initials(name: string): string {
  const [first = '', second] = name.trim().split(/\s+/)
  const letters =
    second === undefined ? /^.{1,2}/u.exec(first)?.[0] : [first, second].map(word => /^./u.exec(word)).join('')
  return letters?.toUpperCase() || '?'
}

function read(): Person | null {
  try {
    const found = JSON.parse(localStorage.getItem(storedAs) ?? 'null') as Partial<Person> | null
    if (typeof found?.name !== 'string' || typeof found.device !== 'string') return null
    return { name: found.name, color: safeColor(found.color), device: found.device }
  } catch {
    return null
  }
}

/** Colours come from other people's devices and go into styles: only these pass. */
export function safeColor(color: unknown): string {
  return typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : '#6b6660'
}
