package io.gatehouse.core.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.gatehouse.core.ConfigException;
import io.gatehouse.core.Gateway;
import io.gatehouse.core.Settings;
import io.gatehouse.core.Settings.ConnectTo;
import io.gatehouse.core.Settings.Origin;
import io.gatehouse.simulator.LlmSimulator;
import io.gatehouse.simulator.SimulatorOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "quickstart",
        description = {
            "Run the example observe-llm-traffic: ten chat requests, and what they leave in the metrics.",
            "Real OpenAI and Mistral when OPENAI_API_KEY and MISTRAL_API_KEY are set, else the LLM simulator."
        })
final class QuickstartCommand implements Callable<Integer> {
    private static final int REQUESTS = 10;
    private static final String REQUESTS_SERIES = "kong_ai_llm_requests_total";
    private static final String TOKENS_SERIES = "kong_ai_llm_tokens_total";
    private static final int POLL_MS = 100;

    /** Two scrapes of the example's five seconds, and time for the server to come up. */
    private static final int SCRAPE_LIMIT_MS = 30_000;

    private static final List<String> QUESTIONS = List.of(
            "Why is the sky blue?",
            "What does an API gateway do?",
            "Name three rivers in Europe.",
            "What is a token?",
            "How tall is Mont Blanc?");

    private final Console console;

    @Option(names = "--once", description = "End after the check: 0 when all figures are right, else 1.")
    private boolean once;

    @Option(names = "--examples", paramLabel = "DIR", description = "Folder of the examples.", hidden = true)
    private @Nullable Path examples;

    @Option(names = "--plugins", paramLabel = "DIR", description = "Folder with plugin JARs of your own.")
    private @Nullable Path plugins;

    QuickstartCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        Settings given = console.settings(Map.of());
        Path example = examplesFolder().resolve("observe-llm-traffic");
        if (!Files.isDirectory(example)) {
            console.problem(example + ": no such folder (expected: the example that comes with Gatehouse)");
            return CommandLineInterface.FAILED;
        }
        Map<String, String> environment = new HashMap<>(console.environment());
        boolean real = present(environment, "OPENAI_API_KEY") && present(environment, "MISTRAL_API_KEY");
        if (real) {
            return run(example, given, environment, null);
        }
        environment.put("OPENAI_API_KEY", "simulated-openai-key");
        environment.put("MISTRAL_API_KEY", "simulated-mistral-key");
        // each key is taken for its own host only: a gateway that mixed them up would get 401
        SimulatorOptions options = SimulatorOptions.builder()
                .keyFor("api.openai.com", "simulated-openai-key")
                .keyFor("api.mistral.ai", "simulated-mistral-key")
                .build();
        try (LlmSimulator simulator = Simulators.start(options)) {
            return run(example, given, environment, simulator);
        }
    }

    private static boolean present(Map<String, String> environment, String name) {
        return !environment.getOrDefault(name, "").isBlank();
    }

    private Path examplesFolder() {
        return examples != null ? examples : Path.of(System.getProperty("gatehouse.home", "."), "examples");
    }

    private Path pluginsFolder() {
        return plugins != null ? plugins : Path.of(System.getProperty("gatehouse.home", "."), "plugins");
    }

    private int run(Path example, Settings given, Map<String, String> environment, @Nullable LlmSimulator simulator)
            throws ConfigException, IOException, InterruptedException {
        PrintStream out = console.out();
        Path config = example.resolve("gatehouse");
        out.println();
        if (simulator == null) {
            out.println("LLMs     real OpenAI and Mistral, with OPENAI_API_KEY and MISTRAL_API_KEY");
        } else {
            out.println("LLMs     simulated on 127.0.0.1:" + simulator.port()
                    + " (set OPENAI_API_KEY and MISTRAL_API_KEY to use the real ones)");
        }
        Settings settings = settings(given, config, environment, simulator);
        try (Signals signals = new Signals();
                Gateway gateway = Gateway.start(settings)) {
            signals.onHangUp(gateway::reload);
            URI proxy = local(gateway.proxyPort(), "/anything");
            URI metrics = local(gateway.adminPort(), "/metrics");
            out.println("gateway  " + proxy + ", metrics " + metrics);
            out.println("config   " + config);
            Path binary = PrometheusServer.find(environment.getOrDefault("PATH", ""));
            PrometheusServer prometheus = binary == null
                    ? null
                    : PrometheusServer.start(binary, example.resolve("prometheus.yml"), gateway.adminPort());
            try {
                // made here: every command makes this object, and an HTTP client costs a tenth of a start
                boolean right = check(new ChatCalls(), proxy, metrics, prometheus);
                out.println();
                out.println(right ? "All figures are right." : "The figures are WRONG, see above.");
                if (once) {
                    return right ? CommandLineInterface.OK : CommandLineInterface.FAILED;
                }
                next(example, proxy, metrics, prometheus, simulator);
                signals.awaitEnd();
                gateway.stop(settings.drainTimeout());
                return right ? CommandLineInterface.OK : CommandLineInterface.FAILED;
            } finally {
                if (prometheus != null) {
                    prometheus.close();
                }
            }
        }
    }

    private Settings settings(
            Settings given, Path config, Map<String, String> environment, @Nullable LlmSimulator simulator)
            throws IOException {
        Path folder = pluginsFolder();
        Files.createDirectories(folder);
        Settings.Builder builder = given.toBuilder()
                .configs(List.of(config))
                .plugins(List.of(folder))
                .environment(environment);
        if (simulator != null) {
            Origin to = new Origin("http", "127.0.0.1", simulator.port());
            List<ConnectTo> connectTo = new ArrayList<>(given.connectTo());
            connectTo.add(new ConnectTo(new Origin("https", "api.openai.com", 443), to));
            connectTo.add(new ConnectTo(new Origin("https", "api.mistral.ai", 443), to));
            builder.connectTo(connectTo);
        }
        return builder.build();
    }

    private static URI local(int port, String path) {
        return URI.create("http://localhost:" + port + path);
    }

    private boolean check(ChatCalls calls, URI proxy, URI metrics, @Nullable PrometheusServer prometheus)
            throws IOException, InterruptedException {
        PrintStream out = console.out();
        List<ChatCalls.Answer> answers = new ArrayList<>();
        out.println();
        out.println("Ten chat requests to " + proxy);
        for (int i = 0; i < REQUESTS; i++) {
            ChatCalls.Answer answer = calls.chat(proxy, QUESTIONS.get(i % QUESTIONS.size()));
            answers.add(answer);
            out.println(line(i + 1, answer));
        }
        Figures expected = Figures.of(answers);
        List<String> wrong = new ArrayList<>(expected.wrongAnswers(REQUESTS));
        Scrape scrape = settled(calls, metrics, expected);
        wrong.addAll(expected.differences(scrape));
        out.println();
        out.println("The kong_ai_* series of " + metrics + " (buckets left out)");
        table(scrape).print(out);
        if (prometheus == null) {
            out.println();
            out.println(
                    "No prometheus binary on the PATH: its part is left out (on Debian: apt-get install prometheus)");
        } else {
            wrong.addAll(queried(calls, prometheus, expected));
        }
        if (!wrong.isEmpty()) {
            out.println();
            wrong.forEach(problem -> out.println("wrong: " + problem));
        }
        return wrong.isEmpty();
    }

    private static String line(int number, ChatCalls.Answer answer) {
        StringBuilder line = new StringBuilder("  ");
        line.append(number < 10 ? " " : "").append(number).append("  ");
        String model = answer.provider().isEmpty() ? answer.model() : answer.provider() + "/" + answer.model();
        line.append(model.isEmpty() ? "-" : model).append(" ".repeat(Math.max(2, 24 - model.length())));
        line.append(answer.status()).append("  ");
        String millis = Long.toString(answer.millis());
        line.append(" ".repeat(Math.max(0, 5 - millis.length()))).append(millis).append(" ms  ");
        if (answer.status() == 200) {
            line.append(answer.promptTokens())
                    .append(" + ")
                    .append(answer.completionTokens())
                    .append(" = ")
                    .append(answer.totalTokens())
                    .append(" tokens");
        } else {
            line.append(answer.error());
        }
        return line.toString();
    }

    /** An exchange is counted right after its last byte went out: the metrics may be a moment behind the client. */
    private Scrape settled(ChatCalls calls, URI metrics, Figures expected) throws IOException, InterruptedException {
        Scrape scrape = Scrape.parse(calls.get(metrics));
        for (int waited = 0; waited < 5_000 && !expected.differences(scrape).isEmpty(); waited += POLL_MS) {
            Thread.sleep(POLL_MS);
            scrape = Scrape.parse(calls.get(metrics));
        }
        return scrape;
    }

    private static Table table(Scrape scrape) {
        Table table = new Table(List.of("  SERIES", "PROVIDER", "MODEL", "OTHER LABELS", "VALUE"));
        for (Scrape.Sample sample : scrape.samples()) {
            if (sample.name().startsWith("kong_ai_") && !sample.name().endsWith("_bucket")) {
                StringBuilder others = new StringBuilder();
                sample.labels().forEach((name, value) -> {
                    if (!value.isEmpty() && !name.equals("ai_provider") && !name.equals("ai_model")) {
                        others.append(others.isEmpty() ? "" : " ")
                                .append(name)
                                .append('=')
                                .append(value);
                    }
                });
                table.row(List.of(
                        "  " + sample.name(),
                        sample.label("ai_provider"),
                        sample.label("ai_model"),
                        others.toString(),
                        sample.value()));
            }
        }
        return table;
    }

    private List<String> queried(ChatCalls calls, PrometheusServer prometheus, Figures expected)
            throws IOException, InterruptedException {
        PrintStream out = console.out();
        String query = "http://localhost:" + prometheus.port() + "/api/v1/query?query=";
        out.println();
        out.println("Prometheus on port " + prometheus.port() + ", scrapes every 5 s ...");
        String answer = "";
        for (int waited = 0; waited < SCRAPE_LIMIT_MS; waited += POLL_MS) {
            if (!prometheus.running()) {
                return List.of("prometheus has ended: " + prometheus.lastWords());
            }
            try {
                answer = calls.get(URI.create(query + REQUESTS_SERIES));
                if (expected.requestsIn(ChatCalls.json(answer))) {
                    out.println("  curl -s 'localhost:" + prometheus.port() + "/api/v1/query?query=" + REQUESTS_SERIES
                            + "'");
                    out.println("  " + answer);
                    return List.of();
                }
            } catch (IOException e) {
                // not up yet
            }
            Thread.sleep(POLL_MS);
        }
        return List.of("prometheus answers " + (answer.isEmpty() ? "nothing" : answer) + " (expected: "
                + expected.requests() + ")");
    }

    private void next(
            Path example,
            URI proxy,
            URI metrics,
            @Nullable PrometheusServer prometheus,
            @Nullable LlmSimulator simulator) {
        PrintStream out = console.out();
        out.println();
        out.println("It keeps running. What to try next:");
        out.println("  ask       curl -s " + proxy + " -H 'Content-Type: application/json' -d "
                + "'{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'");
        out.println("  stream    the same with \"stream\": true in the body, and curl -N");
        out.println("  metrics   curl -s " + metrics + " | grep kong_ai_llm");
        if (prometheus != null) {
            out.println("  queries   http://localhost:" + prometheus.port() + "/graph");
        }
        out.println("  config    edit a file in " + example.resolve("gatehouse") + ": it is loaded when you save it");
        out.println("  plugins   drop a JAR of your own into " + pluginsFolder()
                + " and name its plugin in one of these files");
        if (simulator != null) {
            out.println("  real LLMs start again with OPENAI_API_KEY and MISTRAL_API_KEY set");
        }
        out.println("Stop it with Ctrl-C.");
        out.flush();
    }

    /**
     * What the metrics must say, from what the client saw.
     *
     * @param requests number of answers by provider/model
     * @param tokens sum of all reported tokens by provider/model
     * @param answers what the client saw
     */
    record Figures(Map<String, Long> requests, Map<String, Long> tokens, List<ChatCalls.Answer> answers) {
        static Figures of(List<ChatCalls.Answer> answers) {
            Map<String, Long> requests = new TreeMap<>();
            Map<String, Long> tokens = new TreeMap<>();
            for (ChatCalls.Answer answer : answers) {
                if (answer.status() == 200) {
                    String key = answer.provider() + "/" + answer.model();
                    requests.merge(key, 1L, Long::sum);
                    tokens.merge(key, answer.totalTokens(), Long::sum);
                }
            }
            return new Figures(requests, tokens, List.copyOf(answers));
        }

        List<String> wrongAnswers(int expected) {
            List<String> wrong = new ArrayList<>();
            long good = requests.values().stream().mapToLong(Long::longValue).sum();
            if (good != expected) {
                wrong.add("status 200: " + good + " (expected: " + expected + ")");
            }
            if (requests.size() != 2 || requests.values().stream().anyMatch(n -> n * 2 != expected)) {
                wrong.add("answers by model: " + requests + " (expected: half of them from each of the two models)");
            }
            return wrong;
        }

        List<String> differences(Scrape scrape) {
            List<String> wrong = new ArrayList<>();
            requests.forEach((key, count) -> {
                compare(wrong, REQUESTS_SERIES, key, scrape.sum(REQUESTS_SERIES, labels(key)), count);
                Map<String, String> total = new HashMap<>(labels(key));
                total.put("token_type", "total_tokens");
                compare(wrong, TOKENS_SERIES, key, scrape.sum(TOKENS_SERIES, total), tokens.getOrDefault(key, 0L));
            });
            return wrong;
        }

        private static void compare(List<String> wrong, String series, String key, double got, long expected) {
            if (got != expected) {
                wrong.add(series + " of " + key + ": " + got + " (expected: " + expected + ")");
            }
        }

        private static Map<String, String> labels(String key) {
            int slash = key.indexOf('/');
            return Map.of("ai_provider", key.substring(0, slash), "ai_model", key.substring(slash + 1));
        }

        /** Whether an answer of Prometheus's query interface has exactly these numbers of requests. */
        boolean requestsIn(JsonNode answer) {
            Map<String, Long> found = new TreeMap<>();
            for (JsonNode series : answer.path("data").path("result")) {
                JsonNode metric = series.path("metric");
                long value = Math.round(series.path("value").path(1).asDouble());
                if (value > 0) {
                    found.merge(
                            metric.path("ai_provider").asText() + "/"
                                    + metric.path("ai_model").asText(),
                            value,
                            Long::sum);
                }
            }
            return !found.isEmpty() && found.equals(requests);
        }
    }
}
