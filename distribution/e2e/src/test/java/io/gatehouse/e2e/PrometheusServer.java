package io.gatehouse.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A real Prometheus server that scrapes one gateway port every two seconds. */
final class PrometheusServer implements AutoCloseable {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final Process process;
    private final int port;

    private PrometheusServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one; it scrapes {@code 127.0.0.1:TARGET} as job {@code kong}. */
    static PrometheusServer scraping(Path binary, String name, int target) throws IOException {
        Path folder = Workplace.folderFor(name);
        Path config = Workplace.write(folder.resolve("prometheus.yml"), """
                scrape_configs:
                 - job_name: 'kong'
                   scrape_interval: 2s
                   scrape_timeout: 2s
                   static_configs:
                     - targets: ['127.0.0.1:%d']
                """.formatted(target));
        // another process may take the port between the look and the start: then another one is tried
        for (int attempt = 0; attempt < 3; attempt++) {
            int port = Workplace.freePort();
            Process started = Workplace.listening(
                    folder,
                    () -> ready(port),
                    binary.toString(),
                    "--config.file=" + config,
                    "--storage.tsdb.path=" + folder.resolve("data" + attempt),
                    "--web.listen-address=127.0.0.1:" + port);
            if (started != null) {
                return new PrometheusServer(started, port);
            }
        }
        throw new AssertionError("prometheus does not start:\n" + Workplace.read(folder.resolve(Workplace.OUTPUT)));
    }

    private static boolean ready(int port) throws InterruptedException {
        try {
            HttpResponse<String> answer = CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/-/ready"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The whole answer to an instant query. */
    JsonNode answer(String query) {
        return get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    }

    private JsonNode get(String path) {
        HttpResponse<String> answer = PackagedGateway.get(URI.create("http://127.0.0.1:" + port + path));
        return Json.read(answer.body());
    }

    /** One series of an answer: its labels and its value. */
    record Series(Map<String, String> labels, String value) {}

    /** The series that an instant query answers. */
    List<Series> query(String query) {
        JsonNode answer = answer(query);
        if (!answer.path("status").asText().equals("success")) {
            throw new AssertionError(query + ": " + answer);
        }
        List<Series> all = new ArrayList<>();
        for (JsonNode result : answer.at("/data/result")) {
            Map<String, String> labels = new TreeMap<>();
            result.path("metric")
                    .properties()
                    .forEach(
                            label -> labels.put(label.getKey(), label.getValue().asText()));
            all.add(new Series(labels, result.at("/value/1").asText()));
        }
        return all;
    }

    /** The answer to a query as soon as it fits; fails with the last one otherwise. */
    List<Series> await(String query, Predicate<List<Series>> fits) {
        return Workplace.await(
                Workplace.SOON,
                () -> {
                    List<Series> series = query(query);
                    return fits.test(series) ? series : null;
                },
                () -> query + " answers " + query(query));
    }

    /** The value of a query's only series, as soon as it is this one; fails with the last answer otherwise. */
    void awaitValue(String query, String value) {
        List<Series> unused = await(
                query, series -> series.size() == 1 && series.get(0).value().equals(value));
    }

    /** Waits until the target was scraped so many times from now on. */
    void awaitScrapes(int count) {
        String scrapes = "prometheus_target_interval_length_seconds_count";
        long before = scrapeCount();
        Workplace.awaitTrue(Workplace.SOON, () -> scrapeCount() >= before + count, () -> scrapes);
    }

    private long scrapeCount() {
        String page = PackagedGateway.get(URI.create("http://127.0.0.1:" + port + "/metrics"))
                .body();
        return Metrics.parse(page).sum("prometheus_target_interval_length_seconds_count");
    }

    @Override
    public void close() {
        Workplace.end(process);
    }
}
