package io.gatehouse.plugins.ai.proxy;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Kong's weighted round-robin: a wheel of total weight / greatest common divisor slots, shuffled once, and one pointer for
 * all event loops, so that shares are exact over each full turn. Requests that name a model turn a wheel of their own, of
 * the targets that answer to it, so that shares are exact there too.
 */
final class RoundRobin {
    /** More subsets than this can only come from templated names; further ones share the big wheel. */
    private static final int MAX_WHEELS = 256;

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

    /** One more turn for these targets. */
    Turn turn(BitSet candidates) {
        Wheel wheel = all;
        if (candidates.cardinality() < weights.length) {
            Wheel own = some.get(candidates);
            if (own == null && some.size() < MAX_WHEELS) {
                own = some.computeIfAbsent((BitSet) candidates.clone(), this::wheel);
            }
            wheel = own == null ? all : own;
        }
        return new Turn(wheel.slots, wheel.advance());
    }

    /** The place on a wheel where one request starts. Belongs to that request. */
    static final class Turn {
        private final int[] slots;
        private int at;

        private Turn(int[] slots, int at) {
            this.slots = slots;
            this.at = at;
        }

        /** The target at this place or, when it is none of these, the next one on the wheel; -1 when there is none. */
        int next(BitSet untried) {
            for (int i = 0; i < slots.length; i++) {
                int target = slots[at];
                if (untried.get(target)) {
                    return target;
                }
                at = at + 1 == slots.length ? 0 : at + 1;
            }
            return -1;
        }
    }

    private Wheel wheel(BitSet members) {
        int divisor = 0;
        for (int i = members.nextSetBit(0); i >= 0; i = members.nextSetBit(i + 1)) {
            divisor = gcd(weights[i], divisor);
        }
        int size = 0;
        for (int i = members.nextSetBit(0); i >= 0; i = members.nextSetBit(i + 1)) {
            size += weights[i] / divisor;
        }
        int[] slots = new int[size];
        int used = 0;
        for (int i = members.nextSetBit(0); i >= 0; i = members.nextSetBit(i + 1)) {
            int end = used + weights[i] / divisor;
            Arrays.fill(slots, used, end, i);
            used = end;
        }
        synchronized (random) {
            for (int i = size - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int slot = slots[i];
                slots[i] = slots[j];
                slots[j] = slot;
            }
        }
        return new Wheel(slots);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }

    private static final class Wheel {
        private final int[] slots;
        private final AtomicInteger pointer = new AtomicInteger();

        Wheel(int[] slots) {
            this.slots = slots;
        }

        int advance() {
            // wraps at the wheel's size, not at the integer's: the turn after an overflow would not be whole
            return pointer.getAndUpdate(p -> p + 1 == slots.length ? 0 : p + 1);
        }
    }
}
