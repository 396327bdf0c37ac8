import { collectDefaultMetrics, Counter, Gauge, type Metric, Registry } from 'prom-client'
import type { Histogram } from '../runtime/histogram.ts'
import { version } from '../runtime/version.ts'
import type { FigureSources } from './figures.ts'

/** How precisely the event loop is watched, once somebody has asked: a timer that fires this often. */
const loopPrecisionMs = 20

/** The page for Prometheus. Made at the first request: a relay that nobody scrapes pays for nothing. */
export function metricsPage(sources: FigureSources): () => Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const { counts } = sources
  const gauge = (name: string, help: string, read: () => number | null | Promise<number | null>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const value = await read()
        this.reset()
        if (value === null) this.remove()
        else this.set(value)
      },
    })
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })

  new Gauge({ name: 'tutti_build_info', help: 'What runs', registers, labelNames: ['version', 'node'] }).set(
    { version, node: process.version },
    1,
  )
  new Gauge({
    name: 'tutti_connections',
    help: 'Connections that are open',
    registers,
    labelNames: ['dialect'],
    collect() {
      for (const [dialect, count] of Object.entries(sources.connections())) this.set({ dialect }, count)
    },
  })
  counter('tutti_connections_total', 'Connections let in since the start', () => counts.connections)
  gauge('tutti_documents_open', 'Documents in memory', () => sources.documents().open)
  gauge(
    'tutti_documents_open_damaged',
    'Documents in memory that are read and not written',
    () => sources.documents().damaged,
  )
  gauge(
    'tutti_documents_stored',
    'Documents in the store, at the last sweep',
    () => sources.stored()?.documents ?? null,
  )
  gauge(
    'tutti_reclaimable_bytes',
    'Bytes a compaction would fold, at the last sweep',
    () => sources.stored()?.reclaimableBytes ?? null,
  )
  counter('tutti_updates_total', 'Edits made durable', () => counts.updates)
  counter('tutti_update_bytes_total', 'Bytes of edits made durable', () => counts.updateBytes)
  new Counter({
    name: 'tutti_refusals_total',
    help: 'What was refused: edits, documents and connections',
    registers,
    labelNames: ['what', 'code'],
    collect() {
      this.reset()
      for (const { kind, code, count } of counts.refusals()) this.inc({ what: kind, code }, count)
    },
  })
  registry.registerMetric(
    inSeconds(
      'tutti_durable_seconds',
      'From accepted to durable, for the edit of each batch that waited longest',
      counts.durableMs,
    ),
  )
  gauge('tutti_oldest_unacknowledged_seconds', 'Age of the oldest edit that is accepted and not durable', () => {
    return (sources.documents().oldestMs ?? 0) / 1_000
  })
  gauge('tutti_store_available', '1 while the store takes writes', () => (sources.storeAvailable() ? 1 : 0))
  gauge('tutti_draining', '1 while the relay stops', () => (sources.isDraining() ? 1 : 0))
  gauge('tutti_disk_free_bytes', 'Room where the store is', sources.freeBytes)
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopPrecisionMs })
  return () => registry.metrics()
}

/** A histogram that is counted elsewhere, in milliseconds, as Prometheus wants it. */
function inSeconds(name: string, help: string, histogram: Histogram): Metric {
  const get = () => {
    let below = 0
    const buckets = histogram.bounds.map((bound, at) => {
      below += histogram.counts[at] as number
      return { metricName: `${name}_bucket`, labels: { le: bound / 1_000 }, value: below }
    })
    const values = [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: histogram.count },
      { metricName: `${name}_sum`, labels: {}, value: histogram.sum / 1_000 },
      { metricName: `${name}_count`, labels: {}, value: histogram.count },
    ]
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
  return { name, help, get } as unknown as Metric
}
