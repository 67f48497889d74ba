package io.gatehouse.core.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

final class PluginCallsTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final List<String> failures = new ArrayList<>();
    private final PluginSource source = new PluginSource("here", "", PluginCallsTest.class.getClassLoader(), null);

    private PluginCalls within(Duration limit) {
        return new PluginCalls(limit, (plugin, phase, cause) -> failures.add(plugin + " " + phase + " " + cause));
    }

    @Test
    void givesWhatTheCallGives() throws Exception {
        assertThat(within(LONG).call("p", "create", source, () -> "made")).isEqualTo("made");
        assertThat(failures).isEmpty();
    }

    @Test
    void runsOnAThreadWithThePluginsLoader() throws Exception {
        Thread caller = Thread.currentThread();

        Thread thread = within(LONG).call("p", "create", source, Thread::currentThread);
        ClassLoader loader = within(LONG)
                .call("p", "create", source, () -> Thread.currentThread().getContextClassLoader());

        assertThat(thread).isNotSameAs(caller);
        assertThat(loader).isSameAs(source.loader());
    }

    @Test
    void leavesNothingOfOneCallToTheNext() throws Exception {
        PluginCalls calls = within(LONG);
        calls.call("p", "create", source, () -> {
            Thread.currentThread().interrupt();
            return true;
        });
        PluginSource other = new PluginSource("there", "", ClassLoader.getPlatformClassLoader(), null);

        String seen = calls.call(
                "q",
                "validate",
                other,
                () -> Thread.currentThread().getName() + " "
                        + Thread.currentThread().isInterrupted() + " "
                        + Thread.currentThread()
                                .getContextClassLoader()
                                .getClass()
                                .getSimpleName());

        assertThat(seen).isEqualTo("plugin-q-validate false PlatformClassLoader");
    }

    @Test
    void namesPluginAndPhaseOfWhateverWasThrown() {
        assertThatThrownBy(() -> within(LONG).call("p", "validate", source, () -> {
                    throw new NoSuchMethodError("planted");
                }))
                .isInstanceOf(PluginCallException.class)
                .hasMessageStartingWith("plugin p failed in validate: ")
                .hasMessageContaining("planted");
        assertThat(failures).singleElement().asString().startsWith("p validate ");
    }

    @Test
    void interruptsAndLeavesACallThatDoesNotReturn() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);

        assertThatThrownBy(() -> within(Duration.ofSeconds(2)).call("p", "validate", source, () -> {
                    try {
                        return new CountDownLatch(1).await(LONG.toSeconds(), TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        return false;
                    }
                }))
                .hasCauseInstanceOf(TimeoutException.class)
                .hasMessageContaining("no return within 2000 ms");
        assertThat(interrupted.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(failures).hasSize(1);
    }
}
