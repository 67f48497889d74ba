package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.simulator.ServerScript;
import java.net.Socket;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever throws where: an exchange ends once, is logged once, and frees what it held. */
@NullUnmarked
class GuardedExchangeIT {
    private static final String GET = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @RegisterExtension
    final Rig rig = new Rig();

    @ParameterizedTest
    @ValueSource(strings = {"end-throws", "end-fails"})
    void logsThoughAnEndHookThrows(String how) throws Exception {
        rig.errorsPlanted = true;
        rig.start("{name: probe}, {name: edge, config: {does: " + how + "}}");
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.logged(2)).containsExactly("edge 200", "probe sent ok 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bad-header", "next-throws", "next-fails", "end-of-body-throws"})
    void answers500WhileTheClientHasSeenNothing(String how) throws Exception {
        rig.errorsPlanted = true;
        rig.start("{name: probe}, {name: edge, config: {does: " + how + "}}");
        assertThat(rig.raw(GET))
                .startsWith("HTTP/1.1 500 ")
                .contains("An unexpected error occurred")
                .endsWith("<closed>");
        assertThat(rig.logged(2)).containsExactly("edge 500", "probe sent plugin 500");
    }

    @Test
    void letsAPluginTryAgainInTheSameBreathInWhichItGivesUp() throws Exception {
        rig.start("{name: probe}, {name: edge, config: {does: second-after-cancel}}");
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.logged(2)).containsExactly("edge 200", "probe sent ok 200");
    }

    @Test
    void breaksOffWhatTheClientHasSeenABeginningOf() throws Exception {
        rig.errorsPlanted = true;
        rig.start("{name: probe}, {name: edge, config: {does: second-throws}}");
        assertThat(rig.raw(GET))
                .startsWith("HTTP/1.1 200 ")
                .doesNotContain("\r\n0\r\n\r\n")
                .endsWith("<closed>");
        assertThat(rig.logged(2)).containsExactly("edge 200", "probe upstream_failed plugin 200");
    }

    @Test
    void endsThoughGivingUpABodyThrows() throws Exception {
        rig.errorsPlanted = true;
        rig.start("{name: edge, config: {does: cancel-throws}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, GET);
            Rig.until(socket, "x\r\n");
        }
        assertThat(rig.logged(1)).containsExactly("edge 200");
    }

    @Test
    void limitsAPluginThatGoesOnByItselfAfterAnInnerAnswerThatWasThereAtOnce() throws Exception {
        rig.errorsPlanted = true;
        rig.start(
                "{name: probe, config: {does: answer}}, {name: edge, config: {does: hang-after-late-next}}",
                rig.settings().pluginTimeLimit(Rig.HANGS));
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 500 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"slow-inside-twice", "concurrent"})
    void doesNotCountTheTimeInside(String how) throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .pause(Rig.HANGS.plusMillis(500))
                .respond(200, "{}")
                .repeat()
                .build());
        rig.start("{name: edge, config: {does: " + how + "}}", rig.settings().pluginTimeLimit(Rig.HANGS));
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void whoLogsIsDecidedBeforeEndHooksRun() throws Exception {
        rig.start("{name: probe, config: {label: anyone}}, {name: edge, config: {does: authenticate-at-the-end}},"
                + " {name: probe, consumer: late, config: {label: late}}]\nconsumers: [{username: late}");
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.logged(2)).containsExactly("edge 200", "anyone sent ok 200");
    }

    @Test
    void doesNotBlameThePluginForAClientThatLeavesDuringItsUpload() throws Exception {
        rig.start("{name: probe}, {name: edge, config: {does: needs-body}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
            Rig.await(() -> rig.gateway.inFlight() == 1, () -> "not begun");
        }
        assertThat(rig.logged(2)).containsExactly("edge 499", "probe client_gone closed 499");
    }

    @Test
    void doesNotBlameThePluginForAnUpstreamThatBreaksOff() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
                .reset()
                .build());
        rig.start("{name: probe}, {name: edge, config: {does: buffer-answer}}");
        assertThat(rig.raw(GET)).startsWith("HTTP/1.1 502 ");
        assertThat(rig.logged(2)).containsExactly("edge 502", "probe sent reset 502");
    }
}
