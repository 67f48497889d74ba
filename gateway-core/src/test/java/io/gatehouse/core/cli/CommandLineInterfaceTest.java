package io.gatehouse.core.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandLineInterfaceTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void saysItsVersionAndThatOfJava() {
        assertThat(run(Map.of(), "version")).isZero();
        assertThat(out.toString(UTF_8)).startsWith("gatehouse ").contains("Java " + Runtime.version());
    }

    @Test
    void withoutACommandItListsThemAll() {
        assertThat(run(Map.of())).isEqualTo(2);
        assertThat(err.toString(UTF_8))
                .contains(
                        "Which command?",
                        "start",
                        "quickstart",
                        "simulate",
                        "validate",
                        "plan",
                        "dump",
                        "plugins",
                        "schema",
                        "version");
    }

    @Test
    void anUnknownOptionIsABadCommandLine() {
        assertThat(run(Map.of(), "start", "--confg", "x")).isEqualTo(2);
        assertThat(err.toString(UTF_8)).contains("--confg").contains("--config");
    }

    @Test
    void badSettingsAreNamedAllAtOnce() {
        assertThat(run(Map.of("KONG_LOG_LEVEL", "loud", "KONG_PROXY_LISTEN", "8000"), "start", "--config", "x.yaml"))
                .isEqualTo(2);
        assertThat(err.toString(UTF_8).lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("KONG_LOG_LEVEL: loud (expected: debug,"))
                .anyMatch(line -> line.startsWith("KONG_PROXY_LISTEN: 8000 (expected: ip:port"))
                .anyMatch(line -> line.equals("gatehouse: 2 problems"));
    }

    @Test
    void startNeedsAConfiguration() {
        assertThat(run(Map.of(), "start")).isEqualTo(2);
        assertThat(err.toString(UTF_8)).startsWith("--config: missing (expected: ");
    }

    @Test
    void aBehaviourThatTheSimulatorDoesNotKnowIsBadConfiguration() {
        assertThat(run(Map.of(), "simulate", "--port", "0", "--behaviour", "{\"speed\": 1}"))
                .isEqualTo(2);
        assertThat(err.toString(UTF_8)).contains("speed");
    }

    @Test
    void aTakenPortIsOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();

            assertThat(run(Map.of(), "simulate", "--port", Integer.toString(port)))
                    .isEqualTo(1);
            assertThat(err.toString(UTF_8).lines().filter(line -> line.startsWith("gatehouse: ")))
                    .singleElement()
                    .asString()
                    .startsWith("gatehouse: the LLM simulator cannot listen on 127.0.0.1:" + port);
        }
    }

    @Test
    void tablesAlignTheirColumns() {
        Table table = new Table(List.of("A", "LONG HEAD", "Z"));
        table.row(List.of("longer cell", "b", "c"));
        table.print(new PrintStream(out, true, UTF_8));

        assertThat(out.toString(UTF_8).lines())
                .containsExactly("A            LONG HEAD  Z", "longer cell  b          c");
    }

    private int run(Map<String, String> environment, String... args) {
        return new CommandLineInterface(
                        environment, new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8))
                .run(args);
    }
}
