package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SweeperTest {
    private static final int MANY = 20;

    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void othersHaveATurnWhileManyExpire() throws Exception {
        AtomicInteger expired = new AtomicInteger();
        CompletableFuture<Integer> expiredBefore = new CompletableFuture<>();
        CompletableFuture<Void> all = new CompletableFuture<>();
        vertx.runOnContext(start -> {
            Sweeper sweeper = new Sweeper(vertx, 10);
            for (int i = 0; i < MANY; i++) {
                sweeper.add(
                        new Watched() {
                            @Override
                            protected void expired() {
                                long begin = System.nanoTime();
                                while (System.nanoTime() - begin < 2_000_000) {
                                    Thread.onSpinWait();
                                }
                                if (expired.incrementAndGet() == 1) {
                                    vertx.runOnContext(other -> expiredBefore.complete(expired.get()));
                                }
                                if (expired.get() == MANY) {
                                    all.complete(null);
                                }
                            }
                        },
                        System.nanoTime());
            }
        });
        assertThat(expiredBefore.get(60, TimeUnit.SECONDS)).isEqualTo(1);
        all.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whatIsTakenBackDoesNotExpire() throws Exception {
        CompletableFuture<String> first = new CompletableFuture<>();
        vertx.runOnContext(start -> {
            Sweeper sweeper = new Sweeper(vertx, 10);
            Watched taken = named("taken back", first);
            sweeper.add(taken, System.nanoTime());
            sweeper.add(named("left", first), System.nanoTime() + 1_000_000);
            sweeper.remove(taken);
        });
        assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("left");
    }

    private static Watched named(String name, CompletableFuture<String> expired) {
        return new Watched() {
            @Override
            protected void expired() {
                expired.complete(name);
            }
        };
    }
}
