package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.simulator.SimulatorOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Row 13 of the fault plan: LLMs whose certificate is not to be trusted, or that break off in the handshake, get neither a
 * request nor the provider's key, and another target is asked where there is one.
 */
final class UntrustedTlsIT {
    @RegisterExtension
    static final Running RUNNING = new Running().lookingForLeaks();

    private static final String PASSWORD = "changeit";
    private static final String KEY_OF_ANOTHER = "key-of-another-target";
    private static final int CALLS = Effort.times(20);

    /** What an LLM does when it is connected to: most show a certificate, all of them of one key. */
    enum Presented {
        GOOD(""),
        EXPIRED("NotAfter"),
        OF_ANOTHER_HOST("No subject alternative names matching IP address 127.0.0.1"),
        SELF_SIGNED("unable to find valid certification path"),
        CUT_IN_THE_HANDSHAKE("");

        /** Why it is not to be trusted, in the JDK's words. */
        private final String why;

        Presented(String why) {
            this.why = why;
        }
    }

    private static final Map<Presented, LlmSimulator> SIMULATORS = new EnumMap<>(Presented.class);
    private static FaultServer cut;
    private static Path folder;
    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        folder = Workplace.folderFor("untrusted");
        keytool("-genkeypair", "-alias", "ca", "-dname", "CN=ca", "-ext", "bc=ca:true", "-keystore", "ca.p12");
        keytool("-genkeypair", "-alias", "leaf", "-dname", "CN=leaf", "-keystore", "leaf.p12");
        keytool("-exportcert", "-alias", "ca", "-rfc", "-file", "ca.pem", "-keystore", "ca.p12");
        keytool("-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", "trusted.p12");
        keytool("-certreq", "-alias", "leaf", "-file", "leaf.csr", "-keystore", "leaf.p12");
        keytool("-exportcert", "-alias", "leaf", "-rfc", "-file", "SELF_SIGNED.pem", "-keystore", "leaf.p12");
        sign(Presented.GOOD, "SAN=ip:127.0.0.1", "-1d", "10");
        sign(Presented.EXPIRED, "SAN=ip:127.0.0.1", "-10d", "5");
        sign(Presented.OF_ANOTHER_HOST, "SAN=dns:other.example", "-1d", "10");
        String key = pemOfKey();
        cut = RUNNING.add(
                FaultServer.start(ServerScript.builder().readBytes(1).reset().build()));
        StringBuilder yaml = new StringBuilder("services:\n");
        for (Presented presented : Presented.values()) {
            if (presented != Presented.CUT_IN_THE_HANDSHAKE) {
                SIMULATORS.put(
                        presented,
                        RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder()
                                .server(options -> options.setSsl(true)
                                        .setKeyCertOptions(new PemKeyCertOptions()
                                                .addKeyPath(key)
                                                .addCertPath(folder.resolve(presented + ".pem")
                                                        .toString())))
                                .build())));
            }
            yaml.append(service(presented.name())).append(target(presented, Fault.KEY));
            yaml.append(service(presented + "-or-another"))
                    .append(target(presented, Fault.KEY))
                    .append(target(Presented.GOOD, KEY_OF_ANOTHER));
        }
        gateway = RUNNING.add(PackagedGateway.named("untrusted-gateway")
                .observed()
                .env(
                        "JAVA_OPTS",
                        "-Xmx256m -Dio.netty.leakDetection.level=paranoid -Djavax.net.ssl.trustStore="
                                + folder.resolve("trusted.p12") + " -Djavax.net.ssl.trustStorePassword=" + PASSWORD)
                .yaml("kong.yaml", yaml.toString())
                .start());
    }

    private static String service(String name) {
        return """
                  - name: %1$s
                    url: https://api.example
                    retries: 0
                    routes:
                      - {name: %1$s, paths: [/%1$s]}
                    plugins:
                      - name: ai-proxy-advanced
                        config:
                          balancer: {retries: 1, failover_criteria: [error, timeout]}
                          targets:
                """.formatted(name);
    }

    private static String target(Presented presented, String key) {
        return """
                            - route_type: llm/v1/chat
                              model:
                                provider: openai
                                name: fault-%1$s
                                model_alias: any
                                options: {upstream_url: "https://127.0.0.1:%2$d/v1/chat/completions"}
                              auth: {header_name: Authorization, header_value: Bearer %3$s}
                              logging: {log_statistics: true}
                """.formatted(presented, port(presented), key);
    }

    private static int port(Presented presented) {
        return presented == Presented.CUT_IN_THE_HANDSHAKE
                ? cut.port()
                : requireNonNull(SIMULATORS.get(presented)).port();
    }

    private static long seen(Presented presented) {
        return presented == Presented.CUT_IN_THE_HANDSHAKE
                ? cut.requests()
                : requireNonNull(SIMULATORS.get(presented)).ledger().seen();
    }

    private static void sign(Presented presented, String names, String from, String days) throws Exception {
        keytool(
                "-gencert",
                "-alias",
                "ca",
                "-rfc",
                "-infile",
                "leaf.csr",
                "-outfile",
                presented + ".pem",
                "-ext",
                names,
                "-startdate",
                from,
                "-validity",
                days,
                "-keystore",
                "ca.p12");
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin/keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", PASSWORD));
        if (arguments[0].equals("-genkeypair")) {
            command.addAll(List.of("-keyalg", "EC"));
        }
        Workplace.Ran ran =
                Workplace.run(folder, Workplace.cleanEnvironment(), Workplace.SOON, command.toArray(new String[0]));
        assertThat(ran.exit()).as(ran.out() + ran.err()).isZero();
    }

    private static String pemOfKey() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("leaf.p12"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        byte[] der = store.getKey("leaf", PASSWORD.toCharArray()).getEncoded();
        String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return Workplace.write(
                        folder.resolve("key.pem"),
                        "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n")
                .toString();
    }

    /** Half of them ask for a stream. */
    private static List<Wire.Answer> call(String route) throws Exception {
        // no more in the long form: all these servers shake hands in this JVM
        ExecutorService pool = Executors.newFixedThreadPool(16);
        try {
            List<Future<Wire.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                String body = (i % 2 == 0 ? Fault.CHAT : Fault.STREAM).formatted("any");
                calls.add(pool.submit(() -> Wire.call(gateway.proxyPort(), Wire.request("POST", "/" + route, body))));
            }
            List<Wire.Answer> answers = new ArrayList<>();
            for (Future<Wire.Answer> call : calls) {
                answers.add(call.get(120, TimeUnit.SECONDS));
            }
            return answers;
        } finally {
            pool.shutdown();
        }
    }

    private static void theKeyIsNowhere(List<Wire.Answer> answers) {
        assertThat(answers).allSatisfy(answer -> assertThat(answer.toString()).doesNotContain(Fault.KEY));
        assertThat(gateway.log()).doesNotContain(Fault.KEY);
        assertThat(String.join("\n", gateway.entryLines())).doesNotContain(Fault.KEY);
        assertThat(cut.connections())
                .allSatisfy(connection -> assertThat(connection.receivedText()).doesNotContain(Fault.KEY));
    }

    @ParameterizedTest
    @EnumSource
    void onlyWhoCanBeTrustedGetsTheRequest(Presented presented) throws Exception {
        boolean good = presented == Presented.GOOD;
        long before = seen(presented);

        List<Wire.Answer> answers = call(presented.name());

        assertThat(answers)
                .allSatisfy(
                        answer -> assertThat(answer.status()).as("%s", answer).isEqualTo(good ? 200 : 502));
        assertThat(seen(presented) - before).isEqualTo(good ? CALLS : 0);
        assertThat(gateway.entriesSince(0, presented.name(), CALLS))
                .allMatch(entry -> entry.at("/gatehouse/reason").asText().equals(good ? "ok" : "tls"));
        assertThat(gateway.log()).contains(presented.why);
        theKeyIsNowhere(answers);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "GOOD")
    void anotherTargetIsAskedInstead(Presented presented) throws Exception {
        long before = seen(Presented.GOOD);

        List<Wire.Answer> answers = call(presented + "-or-another");

        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.status()).as("%s", answer).isEqualTo(200);
            assertThat(answer.end()).isEqualTo(Wire.End.WHOLE);
        });
        assertThat(seen(presented)).isZero();
        LlmSimulator good = requireNonNull(SIMULATORS.get(Presented.GOOD));
        assertThat(seen(Presented.GOOD) - before).isEqualTo(CALLS);
        assertThat(good.ledger().records(record -> record.sequence() > before))
                .allMatch(record -> ("Bearer " + KEY_OF_ANOTHER).equals(record.authorization()));
        List<JsonNode> entries = gateway.entriesSince(0, presented + "-or-another", CALLS);
        assertThat(entries.stream().filter(entry -> entry.path("tries").size() == 2))
                .as("requests whose turn it was to begin with the other one")
                .hasSize(CALLS / 2);
        assertThat(entries).allSatisfy(entry -> {
            assertThat(entry.path("tries"))
                    .as("also where no connection came about")
                    .allMatch(one -> one.path("ip").asText().equals("127.0.0.1"));
            assertThat(entry.at("/request/url").asText()).contains(":" + gateway.proxyPort() + "/");
        });
        theKeyIsNowhere(answers);
    }
}
