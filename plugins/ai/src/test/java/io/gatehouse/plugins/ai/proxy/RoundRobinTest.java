package io.gatehouse.plugins.ai.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class RoundRobinTest {
    @Test
    void isExactOverEachFullWheel() {
        RoundRobin wheel = wheel(70, 25, 5);
        for (int turn = 0; turn < 3; turn++) {
            assertThat(shares(wheel, all(3), 20)).containsExactly(14, 5, 1);
        }
    }

    @Test
    void isExactWithinTheTargetsOfAModelToo() {
        RoundRobin wheel = wheel(50, 30, 20);
        BitSet some = new BitSet();
        some.set(1, 3);
        shares(wheel, all(3), 7);
        assertThat(shares(wheel, some, 5)).containsExactly(0, 3, 2);
        assertThat(shares(wheel, some, 5)).containsExactly(0, 3, 2);
    }

    @Test
    void isAsEvenAsTheWeightsWithinATurn() {
        RoundRobin wheel = wheel(1, 1, 2);
        int[] last = {-1, -1, -1};
        for (int i = 0; i < 40; i++) {
            int target = wheel.next(all(3));
            int gap = last[target] < 0 ? 0 : i - last[target];
            assertThat(gap).as("requests between two of target " + target).isLessThanOrEqualTo(target == 2 ? 3 : 5);
            last[target] = i;
        }
    }

    @Test
    void staysExactBeforeWhileAndAfterATargetRests() {
        RoundRobin wheel = wheel(50, 30, 20);
        BitSet others = new BitSet();
        others.set(1, 3);
        int[] before = shares(wheel, all(3), 4);
        assertThat(shares(wheel, others, 50)).containsExactly(0, 30, 20);
        int[] after = shares(wheel, all(3), 6);
        assertThat(new int[] {before[0] + after[0], before[1] + after[1], before[2] + after[2]})
                .containsExactly(5, 3, 2);
    }

    @Test
    void takesLargeWeightsWithoutATable() {
        RoundRobin wheel = wheel(65535, 65534, 1);
        assertThat(shares(wheel, all(3), 131070)).containsExactly(65535, 65534, 1);
    }

    @Test
    void finishesWhenThereAreMoreSetsThanWheels() {
        int[] weights = new int[10];
        Arrays.fill(weights, 3);
        RoundRobin wheel = wheel(weights);
        for (int bits = 1; bits < 1 << 10; bits++) {
            BitSet some = BitSet.valueOf(new long[] {bits});
            assertThat(some.get(wheel.next(some))).isTrue();
        }
    }

    @Test
    void isExactAcrossThreads() throws Exception {
        RoundRobin wheel = wheel(70, 25, 5);
        AtomicIntegerArray shares = new AtomicIntegerArray(3);
        CountDownLatch start = new CountDownLatch(1);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                runs.add(threads.submit(() -> {
                    start.await();
                    for (int i = 0; i < 5000; i++) {
                        shares.incrementAndGet(wheel.next(all(3)));
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(new int[] {shares.get(0), shares.get(1), shares.get(2)}).containsExactly(14000, 5000, 1000);
    }

    private static int[] shares(RoundRobin wheel, BitSet candidates, int turns) {
        int[] shares = new int[3];
        for (int i = 0; i < turns; i++) {
            shares[wheel.next(candidates)]++;
        }
        return shares;
    }

    static BitSet all(int count) {
        BitSet all = new BitSet();
        all.set(0, count);
        return all;
    }

    private static RoundRobin wheel(int... weights) {
        return new RoundRobin(targets(weights), new Random(7));
    }

    static List<TargetConfig> targets(int... weights) {
        List<TargetConfig> targets = new ArrayList<>();
        for (int weight : weights) {
            targets.add(new TargetConfig("llm/v1/chat", AuthConfig.NONE, model(), weight, null, LoggingConfig.OFF));
        }
        return targets;
    }

    private static ModelConfig model() {
        OptionsConfig options = new OptionsConfig(
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                List.of(),
                List.of(),
                List.of(),
                null,
                null,
                null,
                "2023-05-15",
                null,
                null);
        return new ModelConfig("openai", "a", null, options);
    }
}
