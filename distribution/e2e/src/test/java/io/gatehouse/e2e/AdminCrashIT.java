package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Admin API's writes when the process is killed in the midst of them: what was answered holds, and nothing by half. */
final class AdminCrashIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    /** All writers change one service, each a field of its own: an edit that undoes another one shows. */
    private static final String SHARED = "/services/shared";

    private static final List<String> FIELDS = List.of("retries", "connect_timeout", "read_timeout", "write_timeout");

    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> deleted = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> said = new ConcurrentHashMap<>();
    private final Map<String, Integer> answered = new ConcurrentHashMap<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    @Test
    void whatWasAnsweredOutlivesAKill() throws Exception {
        Random random = new Random(Effort.seed());
        PackagedGateway gateway = RUNNING.add(PackagedGateway.named("admin-crash")
                .countedInPart()
                .yaml("empty.yaml", "")
                .start());
        assertThat(send(gateway, "PUT", SHARED, "{\"host\":\"a.test\"}")).isEqualTo(200);
        int rounds = Effort.times(5);
        for (int round = 0; round < rounds; round++) {
            AtomicBoolean enough = new AtomicBoolean();
            List<Thread> writers = new ArrayList<>();
            int from = acknowledged.size();
            for (String field : FIELDS) {
                String name = "r" + round + '-' + field + '-';
                PackagedGateway to = gateway;
                Thread writer = new Thread(() -> write(to, name, field, enough), name);
                writer.start();
                writers.add(writer);
            }
            int enoughServices = from + 20 + random.nextInt(100);
            Workplace.awaitTrue(
                    Workplace.SOON.multipliedBy(3),
                    () -> acknowledged.size() >= enoughServices,
                    () -> "the writers do not get on");
            gateway.kill();
            enough.set(true);
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failures).isEmpty();
            gateway = RUNNING.add(gateway.again());
            verify(gateway);
        }
        System.out.println(
                acknowledged.size() + " writes were answered, " + rounds + " kills, " + deleted.size() + " deletions");
        assertThat(gateway.log()).contains("what the Admin API changed is resumed from the state file");
    }

    private void verify(PackagedGateway gateway) {
        Set<String> there = names(gateway);
        assertThat(there).containsAll(acknowledged);
        assertThat(deleted).doesNotContainAnyElementsOf(there);
        Set<String> more = new HashSet<>(there);
        more.removeAll(acknowledged);
        more.remove("shared");
        assertThat(asked).as("what nobody was told of was asked for").containsAll(more);
        JsonNode shared = Json.read(PackagedGateway.get(gateway.admin(SHARED)).body());
        for (String field : FIELDS) {
            assertThat(shared.path(field).asInt()).as(field).isIn(answered.get(field), said.get(field));
        }
    }

    private static Set<String> names(PackagedGateway gateway) {
        Set<String> names = new HashSet<>();
        String next = "/services?size=1000";
        while (next != null) {
            JsonNode page = Json.read(PackagedGateway.get(gateway.admin(next)).body());
            page.path("data").forEach(service -> names.add(service.path("name").asText()));
            next = page.path("next").isTextual() ? page.path("next").asText() : null;
        }
        return names;
    }

    /** Makes services and takes some of them away again until the gateway is gone. */
    private void write(PackagedGateway gateway, String name, String field, AtomicBoolean enough) {
        Deque<String> own = new ArrayDeque<>();
        try {
            for (int n = 0; !enough.get(); n++) {
                String service = name + n;
                asked.add(service);
                int made = send(gateway, "POST", "/services", "{\"name\":\"" + service + "\",\"host\":\"a.test\"}");
                assertThat(made).isEqualTo(201);
                acknowledged.add(service);
                own.add(service);
                int value = said.merge(field, 1, Integer::sum);
                assertThat(send(gateway, "PATCH", SHARED, "{\"" + field + "\":" + value + "}"))
                        .isEqualTo(200);
                answered.put(field, value);
                if (n % 10 == 9) {
                    String goes = own.remove();
                    acknowledged.remove(goes); // from now on it may be either
                    assertThat(send(gateway, "DELETE", "/services/" + goes, "")).isEqualTo(204);
                    deleted.add(goes);
                }
            }
        } catch (IOException killed) {
            // what was under way may hold or not
        } catch (InterruptedException | AssertionError e) {
            failures.add(e);
        }
    }

    private static int send(PackagedGateway gateway, String method, String path, String json)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json))
                .build();
        return PackagedGateway.CLIENT
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
