import { describe, expect, it } from 'vitest'
import { Latencies, median, power } from './statistics.ts'

describe('statistics', () => {
  it('the median is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(median([])).toBeNaN()
  })

  it('a percentile is a latency that was measured', () => {
    const latencies = new Latencies()
    for (let ms = 100; ms > 0; ms -= 1) latencies.add(ms)
    expect(latencies.percentile(0.5)).toBe(51)
    expect(latencies.percentile(0.99)).toBe(100)
    latencies.clear()
    expect(latencies.percentile(0.5)).toBeNaN()
  })

  it('a power is found through noise, and nothing is fitted to one size', () => {
    const sizes = [10, 100, 1000]
    expect(power(sizes.map(size => [size, 3 * size]))).toBeCloseTo(1)
    expect(power(sizes.map(size => [size, 7]))).toBeCloseTo(0)
    expect(power(sizes.map((size, index) => [size, size ** 2 * (index === 1 ? 1.1 : 1)]))).toBeCloseTo(2, 1)
    expect(power([[10, 1]])).toBeNaN()
  })
})
