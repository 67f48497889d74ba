package io.gatehouse.core.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings.LogLevel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimedLogLevelTest {
    private final List<Runnable> ends = new ArrayList<>();
    private final List<Long> seconds = new ArrayList<>();
    private LogLevel now = LogLevel.NOTICE;
    private boolean ours = true;
    private int calledOff;
    private final TimedLogLevel level = new TimedLogLevel(
            now,
            wanted -> {
                now = ours ? wanted : now;
                return ours;
            },
            (after, work) -> {
                seconds.add(after);
                ends.add(work);
                return () -> calledOff++;
            });

    @Test
    void goesBackAfterItsTime() {
        assertThat(level.set(LogLevel.DEBUG, 60)).isTrue();
        assertThat(now).isEqualTo(LogLevel.DEBUG);
        assertThat(seconds).containsExactly(60L);

        ends.get(0).run();
        assertThat(now).isEqualTo(LogLevel.NOTICE);
    }

    @Test
    void aLaterChangeHasTheOnlyEnd() {
        level.set(LogLevel.DEBUG, 2);
        level.set(LogLevel.INFO, 4);
        assertThat(calledOff).isEqualTo(1);

        ends.get(0).run(); // was under way when it was called off
        assertThat(now).isEqualTo(LogLevel.INFO);
        ends.get(1).run();
        assertThat(now).isEqualTo(LogLevel.NOTICE);
    }

    @Test
    void whatHasNoEndIsNotUndone() {
        level.set(LogLevel.DEBUG, 2);
        level.set(LogLevel.WARN, 0);
        ends.get(0).run();
        assertThat(now).isEqualTo(LogLevel.WARN);

        level.set(LogLevel.DEBUG, 2);
        ends.get(1).run();
        assertThat(now).isEqualTo(LogLevel.WARN);
    }

    @Test
    void whatCannotBeSetLeavesTheEndOfWhatIs() {
        level.set(LogLevel.DEBUG, 2);
        ours = false;
        assertThat(level.set(LogLevel.INFO, 0)).isFalse();
        assertThat(calledOff).isZero();

        ours = true;
        ends.get(0).run();
        assertThat(now).isEqualTo(LogLevel.NOTICE);
    }
}
