package io.gatehouse.core.entity;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes configurations that are valid, of every kind of entity, nested or by reference, with and without ids and names, in
 * decK's words. The same seed makes the same one.
 */
final class RandomConfig {
    static final Map<String, String> ENVIRONMENT = Map.of(
            "DECK_HOST", "host.test",
            "DECK_PORT", "8443",
            "DECK_URL", "https://url.test:444/base",
            "DECK_SECRET", "it's #1: s3cret",
            "DECK_FLAG", "true");

    private static final String[] TEXTS = {
        "plain",
        "two words",
        "yes",
        "007",
        "1e3",
        "null",
        "~",
        "",
        "a: b",
        "- a",
        "#c",
        "'",
        "\"",
        "\\",
        "line\nline",
        "tab\t",
        "{vault://env/some-name}",
        "\u00fc\u2028\ud83d\ude00",
        "a${{x",
        "${b}",
        "@at",
        "[x]",
        "{y}",
        " space ",
        "key:",
        "%",
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "trailing:",
        "0x1F",
        "1_000",
        "2001-01-01",
        "=",
        "<<"
    };
    private static final String[] PLUGINS = {"one-plugin", "two-plugin", "other"};

    private final Random random;
    private final Map<String, Object> root = new LinkedHashMap<>();
    private final List<String> services = new ArrayList<>();
    private final List<String> routes = new ArrayList<>();
    private final List<String> consumers = new ArrayList<>();
    private final List<String> groups = new ArrayList<>();
    private int made;

    private RandomConfig(long seed) {
        random = new Random(seed);
    }

    /** The text of one. JSON is YAML, and expressions are put in where YAML does not need quotes. */
    static String text(long seed, String certificate, String key) {
        RandomConfig config = new RandomConfig(seed);
        config.fill(certificate, key);
        StringBuilder out = new StringBuilder();
        json(out, config.root);
        return out.toString();
    }

    /** Written without quotes. */
    private record Raw(String text) {}

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private int some(int most) {
        return random.nextInt(most + 1);
    }

    private String one(String... of) {
        return of[random.nextInt(of.length)];
    }

    private String one(List<String> of) {
        return of.get(random.nextInt(of.size()));
    }

    private String uuid() {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private static void json(StringBuilder out, Object value) {
        if (value instanceof Map<?, ?> map) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(before);
                string(out, String.valueOf(entry.getKey()));
                out.append(": ");
                json(out, entry.getValue());
                before = ",\n";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof List<?> list) {
            String before = "[";
            for (Object item : list) {
                out.append(before);
                json(out, item);
                before = ", ";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof Raw raw) {
            out.append(raw.text());
        } else if (value instanceof String text) {
            string(out, text);
        } else {
            out.append(value);
        }
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == '"' || c == '\\' || c == '{' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private void add(Map<String, Object> holder, String collection, Map<String, Object> entity) {
        @SuppressWarnings("unchecked")
        List<Object> list = (List<Object>) holder.computeIfAbsent(collection, name -> new ArrayList<>());
        list.add(entity);
    }

    /** A new entity; with an id now and then, and tags. */
    private Map<String, Object> entity() {
        Map<String, Object> entity = new LinkedHashMap<>();
        if (chance(20)) {
            entity.put("id", uuid());
        }
        if (chance(20)) {
            entity.put("tags", chance(50) ? List.of("a", "b") : List.of());
        }
        return entity;
    }

    /** A name that is new, of odd shape now and then. */
    private String name(String kind) {
        made++;
        return chance(10) ? Integer.toString(1000 + made) : one("", "b.", "A_", "\u00fc") + kind + '-' + made;
    }

    private void fill(String certificate, String key) {
        root.put("_format_version", "3.0");
        if (chance(20)) {
            root.put(
                    "_info",
                    Map.of("select_tags", List.of("team"), "defaults", Map.of("service", Map.of("retries", 3))));
        }
        certificates(certificate, key);
        for (int i = some(3); i > 0; i--) {
            service();
        }
        for (int i = some(3); i > 0; i--) {
            groups.add(name("group"));
            Map<String, Object> group = entity();
            group.put("name", groups.get(groups.size() - 1));
            add(root, "consumer_groups", group);
        }
        for (int i = some(3); i > 0; i--) {
            consumer();
        }
        for (int i = some(3); i > 0; i--) {
            add(root, "routes", route(chance(50) || services.isEmpty() ? null : one(services)));
        }
        for (int i = some(4); i > 0; i--) {
            plugin();
        }
        for (int i = some(2); i > 0; i--) {
            upstream();
        }
        rest();
    }

    private void certificates(String certificate, String key) {
        if (chance(50)) {
            Map<String, Object> one = entity();
            one.put("cert", certificate);
            one.put("key", key);
            if (chance(50)) {
                one.put("snis", List.of(Map.of("name", "s" + made++ + ".test"), "*.s" + made++ + ".test"));
            }
            add(root, "certificates", one);
        }
    }

    private void service() {
        Map<String, Object> service = entity();
        String name = name("service");
        service.put("name", name);
        switch (random.nextInt(4)) {
            case 0 ->
                service.put(
                        "url", "http://" + name("host").replace("\u00fc", "u").replace("A_", "") + ".test/x");
            case 1 -> {
                service.put("url", new Raw("${{ env \"DECK_URL\" }}"));
                if (chance(50)) {
                    service.put("path", "/own");
                }
            }
            case 2 -> {
                service.put("host", new Raw("\"${{ env \"DECK_HOST\" }}\""));
                service.put("port", new Raw("${{ env \"DECK_PORT\" | toInt }}"));
                service.put("protocol", "https");
                service.put("tls_verify", chance(50));
            }
            default -> service.put("host", "plain.test");
        }
        if (chance(30)) {
            service.put("connect_timeout", chance(50) ? 60000 : 1 + some(100));
        }
        if (chance(20)) {
            service.put("enabled", new Raw("${{ env \"DECK_FLAG\" | toBool }}"));
        }
        for (int i = some(2); i > 0; i--) {
            add(service, "routes", route(null));
        }
        for (String plugin : PLUGINS) {
            if (chance(20)) {
                add(service, "plugins", plugin(plugin));
            }
        }
        services.add(name);
        add(root, "services", service);
    }

    private Map<String, Object> route(@Nullable String service) {
        Map<String, Object> route = entity();
        if (chance(80)) {
            String name = name("route");
            route.put("name", name);
            routes.add(name);
        }
        if (service != null) {
            route.put("service", chance(50) ? Map.of("name", service) : service);
        }
        List<String> paths = new ArrayList<>();
        paths.add("/p" + made++);
        if (chance(30)) {
            paths.add("~/x\\.(?<id>[0-9]{1,3})/\"q\"$");
        }
        route.put("paths", paths);
        if (chance(30)) {
            route.put("methods", List.of("GET", "POST"));
        }
        if (chance(30)) {
            route.put("hosts", List.of(new Raw("\"${{ env \"DECK_HOST\" }}\""), "*.x.test", "y.test:80"));
        }
        if (chance(20)) {
            route.put("headers", Map.of("x-" + made, List.of("a", "~*^b+$"), "other", List.of("1")));
        }
        if (chance(20)) {
            route.put("snis", List.of("*.sni.test"));
        }
        if (chance(30)) {
            route.put("protocols", List.of("https"));
        }
        if (chance(20)) {
            route.put("regex_priority", some(10));
            route.put("strip_path", chance(50));
            route.put("https_redirect_status_code", 301);
        }
        if (chance(30)) {
            add(route, "plugins", plugin(one(PLUGINS)));
        }
        return route;
    }

    private void consumer() {
        Map<String, Object> consumer = entity();
        String name = name("consumer");
        if (chance(70)) {
            consumer.put("username", name);
            consumers.add(name);
        } else {
            consumer.put("custom_id", name);
        }
        for (int i = some(2); i > 0; i--) {
            Map<String, Object> key = entity();
            key.put("key", chance(30) ? "key: '" + made++ + "\"" : name("key"));
            if (chance(30)) {
                key.put("ttl", some(100));
            }
            add(consumer, "keyauth_credentials", key);
        }
        if (chance(30)) {
            add(consumer, "acls", new LinkedHashMap<>(Map.of("group", name("word"))));
        }
        if (chance(30)) {
            Map<String, Object> basic = entity();
            basic.put("username", name("user"));
            basic.put("password", one(TEXTS) + "x");
            add(consumer, "basicauth_credentials", basic);
        }
        if (chance(30)) {
            Map<String, Object> jwt = entity();
            jwt.put("key", name("issuer"));
            jwt.put("secret", new Raw("'${{ env \"DECK_FLAG\" }}'"));
            add(consumer, "jwt_secrets", jwt);
        }
        if (chance(40) && !groups.isEmpty()) {
            consumer.put("groups", List.of(Map.of("name", one(groups))));
        }
        if (chance(30)) {
            add(consumer, "plugins", plugin(one(PLUGINS)));
        }
        add(root, "consumers", consumer);
    }

    /** A plugin within something. */
    private Map<String, Object> plugin(String name) {
        Map<String, Object> plugin = entity();
        plugin.put("name", name);
        if (chance(70)) {
            plugin.put("config", config(0));
        }
        if (chance(20)) {
            plugin.put("instance_name", name("instance"));
        }
        if (chance(20)) {
            plugin.put("enabled", false);
        }
        if (chance(20)) {
            plugin.put("protocols", List.of("http"));
        }
        return plugin;
    }

    /** A plugin at the root, whose scope nobody else has. */
    private void plugin() {
        Map<String, Object> plugin = plugin("root-" + made++);
        if (chance(40) && !services.isEmpty()) {
            plugin.put("service", one(services));
        }
        if (chance(40) && !routes.isEmpty()) {
            plugin.put("route", one(routes));
        }
        if (chance(30) && !consumers.isEmpty()) {
            plugin.put("consumer", one(consumers));
        } else if (chance(30) && !groups.isEmpty()) {
            plugin.put("consumer_group", one(groups));
        }
        add(root, "plugins", plugin);
    }

    private Map<String, Object> config(int depth) {
        Map<String, Object> config = new LinkedHashMap<>();
        for (int i = some(4); i > 0; i--) {
            config.put(chance(80) ? "field_" + i : one(TEXTS) + i, value(depth));
        }
        return config;
    }

    private Object value(int depth) {
        return switch (random.nextInt(depth < 3 ? 9 : 7)) {
            case 0 -> one(TEXTS);
            case 1 -> new Raw(one("1", "-2.50", "1e3", "true", "no", "null", "~", "0x1f", "plain", "''", "1_0"));
            case 2 -> new Raw("\"${{ env \"DECK_SECRET\" }}\"");
            case 3 -> new Raw("'Bearer ${{ env \"DECK_HOST\" }} x'");
            case 4 -> new Raw("${{ env \"DECK_PORT\" | toInt }}");
            case 5 -> random.nextInt();
            case 6 -> chance(50);
            case 7 -> config(depth + 1);
            default -> {
                List<Object> list = new ArrayList<>();
                for (int i = some(3); i > 0; i--) {
                    list.add(value(depth + 1));
                }
                yield list;
            }
        };
    }

    private void upstream() {
        Map<String, Object> upstream = entity();
        upstream.put("name", "up" + made++ + ".test");
        if (chance(40)) {
            upstream.put("algorithm", "least-connections");
            upstream.put("slots", 10 + some(100));
        }
        if (chance(40)) {
            upstream.put(
                    "healthchecks",
                    Map.of(
                            "threshold",
                            one("0", "12.5").equals("0") ? (Object) 0 : 12.5,
                            "active",
                            Map.of(
                                    "http_path",
                                    "/ok",
                                    "healthy",
                                    Map.of("interval", some(5), "http_statuses", List.of(200)))));
        }
        for (int i = some(2); i > 0; i--) {
            Map<String, Object> target = entity();
            target.put("target", chance(50) ? "t" + made++ + ".test" : "10.0.0." + made++ % 250 + ":81");
            target.put("weight", some(200));
            add(upstream, "targets", target);
        }
        add(root, "upstreams", upstream);
    }

    private void rest() {
        if (chance(30)) {
            add(
                    root,
                    "vaults",
                    new LinkedHashMap<>(Map.of("name", "env", "prefix", "my-env", "config", Map.of("prefix", "P_"))));
        }
        if (chance(30)) {
            add(root, "key_sets", new LinkedHashMap<>(Map.of("name", "set-" + made)));
            Map<String, Object> key = entity();
            key.put("name", name("key"));
            key.put("kid", "k" + made);
            key.put("set", Map.of("name", "set-" + (made - 1)));
            key.put("jwk", "{\"kty\": \"oct\", \"k\": \"AAAA\", \"kid\": \"k" + made + "\"}");
            if (chance(50)) {
                key.remove("set");
            } else {
                key.put(
                        "set",
                        Map.of(
                                "name",
                                ((Map<?, ?>) ((List<?>) requireNonNull(root.get("key_sets"))).get(0)).get("name")));
            }
            add(root, "keys", key);
        }
        if (chance(30)) {
            Map<String, Object> partial = entity();
            partial.put("name", "shared-redis");
            partial.put("type", "redis-ce");
            partial.put("config", Map.of("host", "redis.test", "port", 6379));
            add(root, "partials", partial);
            Map<String, Object> plugin = plugin("with-partial");
            plugin.put("config", new LinkedHashMap<>(Map.of("own", 1)));
            plugin.put("partials", List.of(Map.of("name", "shared-redis", "path", one("config.redis", "config.a.b"))));
            add(root, "plugins", plugin);
        }
    }
}
