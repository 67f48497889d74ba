package io.gatehouse.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.simulator.LlmSimulator;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Row 13 of the fault plan: LLMs whose certificate is not to be trusted get neither a request nor the provider's key. */
final class UntrustedTlsIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final String PASSWORD = "changeit";

    /** Certificates of one key. */
    enum Presented {
        GOOD(""),
        EXPIRED("NotAfter"),
        OF_ANOTHER_HOST("No subject alternative names matching IP address 127.0.0.1"),
        SELF_SIGNED("unable to find valid certification path");

        /** Why it is not to be trusted, in the JDK's words. */
        private final String why;

        Presented(String why) {
            this.why = why;
        }
    }

    private static final Map<Presented, LlmSimulator> SIMULATORS = new EnumMap<>(Presented.class);
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
        StringBuilder yaml = new StringBuilder("services:\n");
        for (Presented presented : Presented.values()) {
            LlmSimulator simulator = RUNNING.add(LlmSimulator.startAndAwait(SimulatorOptions.builder()
                    .server(options -> options.setSsl(true)
                            .setKeyCertOptions(new PemKeyCertOptions()
                                    .addKeyPath(key)
                                    .addCertPath(
                                            folder.resolve(presented + ".pem").toString())))
                    .build()));
            SIMULATORS.put(presented, simulator);
            yaml.append("""
                      - name: %1$s
                        url: https://127.0.0.1:%2$d
                        retries: 0
                        routes:
                          - {name: %1$s, paths: [/%1$s]}
                        plugins:
                          - name: ai-proxy-advanced
                            config:
                              targets:
                                - route_type: llm/v1/chat
                                  model:
                                    provider: openai
                                    name: fault-%1$s
                                    options: {upstream_url: "https://127.0.0.1:%2$d/v1/chat/completions"}
                                  auth: {header_name: Authorization, header_value: Bearer %3$s}
                                  logging: {log_statistics: true}
                    """.formatted(presented, simulator.port(), Fault.KEY));
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

    @ParameterizedTest
    @EnumSource
    void onlyWhoCanBeTrustedGetsTheRequest(Presented presented) throws Exception {
        boolean good = presented == Presented.GOOD;

        for (int i = 0; i < 5; i++) {
            Wire.Answer answer = Wire.call(
                    gateway.proxyPort(),
                    Wire.request("POST", "/" + presented, Fault.CHAT.formatted("fault-" + presented)));

            assertThat(answer.status()).as("%s", answer).isEqualTo(good ? 200 : 502);
            assertThat(answer.toString()).doesNotContain(Fault.KEY);
        }

        assertThat(requireNonNull(SIMULATORS.get(presented)).ledger().seen()).isEqualTo(good ? 5 : 0);
        List<JsonNode> entries = Workplace.await(
                Workplace.SOON,
                () -> {
                    List<JsonNode> found = gateway.entries().stream()
                            .filter(entry -> entry.at("/route/name").asText().equals(presented.name()))
                            .toList();
                    return found.size() < 5 ? null : found;
                },
                () -> "not all is logged");
        assertThat(entries)
                .allMatch(entry -> entry.at("/gatehouse/reason").asText().equals(good ? "ok" : "tls"));
        assertThat(gateway.log()).contains(presented.why).doesNotContain(Fault.KEY);
        assertThat(String.join("\n", gateway.entryLines())).doesNotContain(Fault.KEY);
    }
}
