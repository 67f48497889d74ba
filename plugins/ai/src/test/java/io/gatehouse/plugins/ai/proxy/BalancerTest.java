package io.gatehouse.plugins.ai.proxy;

import static io.gatehouse.plugins.ai.proxy.RoundRobinTest.all;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.testkit.FakeClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class BalancerTest {
    private final FakeClock clock = new FakeClock();
    private int targets;

    @Test
    void sharesExactlyAmongTheTargetsThatDoNotRest() {
        Balancer balancer = balancer(1, 50, 30, 20);
        balancer.failed(0, true);
        assertThat(shares(balancer, 50)).containsExactly(0, 30, 20);
        clock.advance(Duration.ofSeconds(10));
        // one request tries it; until that has answered the others go elsewhere
        assertThat(shares(balancer, 100)[0]).isEqualTo(1);
        balancer.answered(0);
        assertThat(shares(balancer, 100)).containsExactly(50, 30, 20);
    }

    @Test
    void choosesNoneWhenAllRestAndSaysForHowLong() {
        Balancer balancer = balancer(1, 1, 1);
        balancer.failed(0, true);
        clock.advance(Duration.ofMillis(3500));
        balancer.failed(1, true);
        assertThat(balancer.first(all(2))).isEqualTo(-1);
        assertThat(balancer.hasAnother(all(2))).isFalse();
        assertThat(balancer.restSeconds(all(2))).isEqualTo(7);
    }

    @Test
    void sparesATargetThatAskedForItWhileThereIsAnother() {
        Balancer balancer = balancer(0, 1, 1);
        balancer.limited(0, "5");
        assertThat(shares(balancer, 10)).containsExactly(0, 10);
        balancer.limited(1, "900");
        assertThat(shares(balancer, 10)).containsExactly(5, 5);
        clock.advance(Duration.ofSeconds(5));
        assertThat(shares(balancer, 10)).containsExactly(10, 0);
        clock.advance(Duration.ofMillis(FailoverLimits.MAX_COOL_DOWN - 5000));
        assertThat(shares(balancer, 10)).containsExactly(5, 5);
    }

    @Test
    void prefersATargetThatCoolsToOneThatRests() {
        Balancer balancer = balancer(1, 1, 1);
        balancer.failed(0, true);
        balancer.limited(1, "5");
        assertThat(shares(balancer, 4)).containsExactly(0, 4);
    }

    @Test
    void spendsTheBudgetOnlyOnTargetsThatFailThemselves() {
        Balancer balancer = balancer(0, 1, 1);
        int repeated = 0;
        for (int i = 0; i < 1000; i++) {
            balancer.first(all(2));
            balancer.failed(0, true);
            if (balancer.another(only(1), true) == 1) {
                repeated++;
                balancer.answered(1);
            }
        }
        assertThat(repeated).isEqualTo(1000);
        for (int i = 0; i < 5; i++) {
            balancer.failed(1, true);
        }
        assertThat(balancer.another(only(1), true)).isEqualTo(-1);
        // what was never sent is no burden to anybody
        assertThat(balancer.another(only(1), false)).isEqualTo(1);
    }

    @Test
    void letsExactlyOneOfManyThreadsTry() throws Exception {
        Balancer balancer = balancer(1, 3, 1);
        AtomicIntegerArray shares = new AtomicIntegerArray(2);
        for (int round = 0; round < 50; round++) {
            balancer.failed(0, true);
            clock.advance(Duration.ofSeconds(10));
            CountDownLatch start = new CountDownLatch(1);
            ExecutorService threads = Executors.newFixedThreadPool(4);
            try {
                List<Future<?>> runs = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    runs.add(threads.submit(() -> {
                        start.await();
                        for (int i = 0; i < 20; i++) {
                            shares.incrementAndGet(balancer.first(all(2)));
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
        }
        assertThat(shares.get(0)).isEqualTo(50);
        assertThat(shares.get(1)).isEqualTo(50 * 79);
    }

    @Test
    void staysExactWhenThreadsChooseWhileATargetRests() throws Exception {
        Balancer balancer = balancer(1, 10, 70, 25, 5);
        balancer.failed(0, true);
        AtomicIntegerArray shares = new AtomicIntegerArray(4);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                runs.add(threads.submit(() -> {
                    for (int i = 0; i < 5000; i++) {
                        shares.incrementAndGet(balancer.first(all(4)));
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(new int[] {shares.get(0), shares.get(1), shares.get(2), shares.get(3)})
                .containsExactly(0, 14000, 5000, 1000);
    }

    private Balancer balancer(int maxFails, int... weights) {
        targets = weights.length;
        BalancerConfig config = new BalancerConfig(
                "round-robin", "tpot", "total-tokens", "X", 10000, 5, 1, 1, 1, Set.of("error"), maxFails, 10_000);
        return new Balancer("id", config, RoundRobinTest.targets(weights), clock, new Random(7));
    }

    private int[] shares(Balancer balancer, int requests) {
        int[] shares = new int[targets];
        for (int i = 0; i < requests; i++) {
            shares[balancer.first(all(targets))]++;
        }
        return shares;
    }

    private static BitSet only(int target) {
        BitSet one = new BitSet();
        one.set(target);
        return one;
    }
}
