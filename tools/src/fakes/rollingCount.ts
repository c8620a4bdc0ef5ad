/**
 * The recent counts of one key, as a ring of `bucket, count` pairs that contains only the used buckets, oldest first:
 * a key with one event costs two numbers, not a whole window.
 */
export interface RollingCount {
  ring: number[];
  total: number;
}

export function createRollingCount(): RollingCount {
  return { ring: [], total: 0 };
}

/** The sum over the last `span` buckets, of which `bucket` is the newest. */
export function totalOf(count: RollingCount, bucket: number, span: number): number {
  const ring = count.ring;
  let expired = 0;
  while (expired < ring.length && (ring[expired] as number) <= bucket - span) {
    count.total -= ring[expired + 1] as number;
    expired += 2;
  }
  if (expired > 0) ring.splice(0, expired);
  return count.total;
}

export function addTo(count: RollingCount, bucket: number, amount: number): void {
  const ring = count.ring;
  const newest = ring.length - 2;
  if (newest >= 0 && (ring[newest] as number) >= bucket) ring[newest + 1] = (ring[newest + 1] as number) + amount;
  // A push to an empty array allocates seventeen slots; most keys use only one bucket.
  else if (newest < 0) count.ring = [bucket, amount];
  else ring.push(bucket, amount);
  count.total += amount;
}

/** Whether the sum of the last `seconds` plus this amount is within `limit`. */
export function fits(count: RollingCount, nowMs: number, seconds: number, limit: number, amount = 1): boolean {
  return totalOf(count, Math.floor(nowMs / 1000), seconds) + amount <= limit;
}

/** Adds an amount to the bucket of this second. */
export function countAt(count: RollingCount, nowMs: number, amount = 1): void {
  addTo(count, Math.floor(nowMs / 1000), amount);
}
