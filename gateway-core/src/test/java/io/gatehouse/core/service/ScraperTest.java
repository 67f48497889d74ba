package io.gatehouse.core.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScraperTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void closeVertx() {
        vertx.close().await();
    }

    @Test
    void readsOnceForAllWhoComeWhileAReadingRuns() throws Exception {
        AtomicInteger readings = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Scraper scraper = new Scraper(vertx, pieces -> {
            int reading = readings.incrementAndGet();
            if (reading == 1) {
                started.countDown();
                awaitUninterrupted(release);
            }
            pieces.accept("reading " + reading);
        });

        Future<List<Buffer>> first = scraper.scrape();
        assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();
        List<Future<List<Buffer>>> later = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            later.add(scraper.scrape());
        }
        release.countDown();

        assertThat(first.await().get(0).toString()).isEqualTo("reading 1");
        for (Future<List<Buffer>> one : later) {
            assertThat(one.await().get(0).toString()).isEqualTo("reading 2");
        }
        assertThat(readings).hasValue(2);
    }

    @Test
    void readsOffTheEventLoops() {
        boolean[] onLoop = new boolean[1];
        Scraper scraper = new Scraper(vertx, pieces -> onLoop[0] = Context.isOnEventLoopThread());

        Future.future(promise -> vertx.runOnContext(
                        go -> scraper.scrape().<Void>mapEmpty().onComplete((v, e) -> promise.complete())))
                .await();

        assertThat(onLoop[0]).isFalse();
    }

    @Test
    void goesOnAfterAReadingThatFailed() {
        AtomicInteger readings = new AtomicInteger();
        Scraper scraper = new Scraper(vertx, pieces -> {
            if (readings.incrementAndGet() == 1) {
                throw new IllegalStateException("planted");
            }
            pieces.accept("fine");
        });

        assertThat(scraper.scrape().otherwiseEmpty().await()).isNull();
        assertThat(scraper.scrape().await()).hasSize(1);
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not released");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
