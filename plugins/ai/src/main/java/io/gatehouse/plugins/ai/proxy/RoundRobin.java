package io.gatehouse.plugins.ai.proxy;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Kong's weighted round-robin: a wheel of total weight / greatest common divisor slots and one pointer for all event
 * loops, so that shares are exact over each full turn. Every set of targets has a wheel of its own, so that shares are
 * exact too among the targets that answer to a model, and among the others while one rests.
 *
 * <p>Where Kong shuffles the slots once, these follow each other at the golden ratio: as even, and no slot is stored, so
 * that a wheel of large weights takes no memory.
 */
final class RoundRobin {
    /** More sets than this can come only from many targets in trouble, or templated names; the rest share the big wheel. */
    private static final int MAX_WHEELS = 256;

    private static final double GOLDEN_RATIO = 0.6180339887498949;

    private final int[] weights;
    private final Random random;
    private final Wheel all;
    private final Map<BitSet, Wheel> some = new ConcurrentHashMap<>();

    RoundRobin(List<TargetConfig> targets, Random random) {
        this.weights = targets.stream().mapToInt(TargetConfig::weight).toArray();
        this.random = random;
        BitSet every = new BitSet();
        every.set(0, weights.length);
        this.all = wheel(every);
    }

    /** The next of these targets, of which there is at least one. */
    int next(BitSet among) {
        int count = among.cardinality();
        if (count == weights.length) {
            return all.next();
        }
        if (count == 1) {
            return among.nextSetBit(0);
        }
        Wheel own = some.get(among);
        if (own == null && some.size() < MAX_WHEELS) {
            own = some.computeIfAbsent((BitSet) among.clone(), this::wheel);
        }
        if (own != null) {
            return own.next();
        }
        int target = among.nextSetBit(all.next());
        return target >= 0 ? target : among.nextSetBit(0);
    }

    private Wheel wheel(BitSet members) {
        long divisor = 0;
        for (int i = members.nextSetBit(0); i >= 0; i = members.nextSetBit(i + 1)) {
            divisor = gcd(weights[i], divisor);
        }
        int[] targets = members.stream().toArray();
        long[] ends = new long[targets.length];
        long size = 0;
        for (int i = 0; i < targets.length; i++) {
            size += weights[targets[i]] / divisor;
            ends[i] = size;
        }
        return new Wheel(targets, ends, (long) (random.nextDouble() * size));
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private static final class Wheel {
        private final int[] targets;
        private final long[] ends;
        private final long size;
        private final long step;
        private final AtomicLong pointer;

        /** @param ends by target, the slot behind its last one */
        Wheel(int[] targets, long[] ends, long start) {
            this.targets = targets;
            this.ends = ends;
            this.size = ends[ends.length - 1];
            this.pointer = new AtomicLong(start);
            long apart = Math.max(1, (long) (size * GOLDEN_RATIO));
            while (gcd(apart, size) != 1) {
                apart++; // only then every slot comes once in a turn
            }
            this.step = apart;
        }

        int next() {
            // wraps at the wheel's size, not at the integer's: the turn after an overflow would not be whole
            long slot = pointer.getAndUpdate(p -> p + 1 == size ? 0 : p + 1) * step % size;
            int i = 0;
            while (slot >= ends[i]) {
                i++;
            }
            return targets[i];
        }
    }
}
