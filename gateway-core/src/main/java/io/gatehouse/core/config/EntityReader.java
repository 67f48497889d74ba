package io.gatehouse.core.config;

import io.gatehouse.api.config.Secret;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns the collections of all files into entity records. First every entity is read and listed, faulty ones
 * too, so that what refers to one is not reported as well; then references are resolved and ids made; then
 * the records are built.
 */
final class EntityReader {
    private static final List<String> BUILT_PROTOCOLS = List.of("http", "https");
    private static final int MOST_MILLISECONDS = 2147483646;
    private static final Pattern METHOD = Pattern.compile("[A-Z]+");
    private static final List<Integer> REDIRECTS = List.of(426, 301, 302, 307, 308);
    private static final List<String> SERVICE_PROTOCOLS =
            List.of("http", "https", "grpc", "grpcs", "tcp", "tls", "tls_passthrough", "udp", "ws", "wss");

    /** One entity on its way to a record. */
    private static final class Draft {
        final EntityKind kind;
        final Fields fields;
        final Map<EntityKind, Draft> parents = new HashMap<>();
        final boolean before3;
        ConfigNode.@Nullable Scalar name;

        @Nullable
        String id;

        Draft(EntityKind kind, Fields fields, boolean before3) {
            this.kind = kind;
            this.fields = fields;
            this.before3 = before3;
        }

        String shownName() {
            ConfigNode own = name != null ? name : kind == EntityKind.PLUGIN ? fields.value("name") : null;
            return own != null ? own.shown() : fields.node().path();
        }
    }

    /** All entities of one collection. */
    private static final class Listed {
        final List<Draft> drafts = new ArrayList<>();
        final Map<String, Draft> byName = new LinkedHashMap<>();
        final Map<String, Draft> byId = new LinkedHashMap<>();
    }

    private final LoadOptions options;
    private final Consumer<Problem> sink;
    private final Map<EntityKind, ConfigNode.Mapping> defaults;
    private final Map<String, ConfigNode.Mapping> pluginConfigs;
    private final List<String> selectTags;
    private final Map<EntityKind, Listed> collections = new EnumMap<>(EntityKind.class);
    private boolean incomplete;

    EntityReader(
            LoadOptions options,
            Consumer<Problem> sink,
            Map<EntityKind, ConfigNode.Mapping> defaults,
            Map<String, ConfigNode.Mapping> pluginConfigs,
            Collection<String> selectTags) {
        this.options = options;
        this.sink = sink;
        this.defaults = defaults;
        this.pluginConfigs = pluginConfigs;
        this.selectTags = List.copyOf(selectTags);
        for (EntityKind kind : EntityKind.values()) {
            collections.put(kind, new Listed());
        }
    }

    private Listed listed(EntityKind kind) {
        return Objects.requireNonNull(collections.get(kind));
    }

    /** Something could not be read, so what a reference names may well be in it. */
    void incomplete() {
        incomplete = true;
    }

    /** Lists the entities of one file. */
    void add(Fields root, boolean before3) {
        Map<EntityKind, Draft> noParents = Map.of();
        collect(EntityKind.SERVICE, root, noParents, before3);
        collect(EntityKind.ROUTE, root, noParents, before3);
        collect(EntityKind.CONSUMER, root, noParents, before3);
        collect(EntityKind.KEYAUTH, root, noParents, before3);
        collect(EntityKind.PLUGIN, root, noParents, before3);
    }

    private void collect(EntityKind kind, Fields holder, Map<EntityKind, Draft> parents, boolean before3) {
        List<ConfigNode.Mapping> nodes = holder.mappings(kind.plural());
        ConfigNode value = holder.value(kind.plural());
        if (value != null
                && !(value instanceof ConfigNode.Sequence list && list.items().size() == nodes.size())) {
            incomplete = true;
        }
        for (ConfigNode.Mapping node : nodes) {
            ConfigNode.Mapping preset = defaults.get(kind);
            Draft draft =
                    new Draft(kind, new Fields(kind, preset == null ? node : node.withDefaults(preset), sink), before3);
            draft.parents.putAll(parents);
            list(draft);
            switch (kind) {
                case SERVICE -> {
                    collect(EntityKind.ROUTE, draft.fields, Map.of(kind, draft), before3);
                    collect(EntityKind.PLUGIN, draft.fields, Map.of(kind, draft), before3);
                }
                case ROUTE -> collect(EntityKind.PLUGIN, draft.fields, Map.of(kind, draft), before3);
                case CONSUMER -> {
                    collect(EntityKind.KEYAUTH, draft.fields, Map.of(kind, draft), before3);
                    collect(EntityKind.PLUGIN, draft.fields, Map.of(kind, draft), before3);
                }
                default -> {}
            }
        }
    }

    private void list(Draft draft) {
        listed(draft.kind).drafts.add(draft);
        Fields fields = draft.fields;
        ConfigNode.Scalar id = fields.string("id");
        if (id != null) {
            if (!Ids.isValid(id.text())) {
                fields.fail(id, "expected a valid UUID in lower case (got " + id.shown() + ")");
            } else {
                draft.id = id.text();
                unique(draft, listed(draft.kind).byId, id.text(), id, "primary key set to '" + id.shown() + "'");
            }
        }
        String nameField = switch (draft.kind) {
            case SERVICE, ROUTE -> "name";
            case CONSUMER -> "username";
            default -> null;
        };
        if (nameField != null) {
            draft.name = fields.string(nameField);
            if (draft.name != null) {
                ConfigNode.Scalar name = draft.name;
                String wrong = draft.kind == EntityKind.CONSUMER ? null : Checks.name(name.text());
                if (name.text().isEmpty()) {
                    fields.fail(name, "length must be at least 1");
                } else if (wrong != null) {
                    fields.fail(name, "invalid value '" + name.shown() + "': " + wrong);
                }
                unique(
                        draft,
                        listed(draft.kind).byName,
                        name.text(),
                        name,
                        nameField + " set to '" + name.shown() + "'");
            }
        }
        for (ConfigNode.Scalar tag : fields.strings("tags")) {
            String wrong = Checks.tag(tag.text());
            if (wrong != null) {
                fields.fail(tag, "invalid tag '" + tag.shown() + "': " + wrong);
            }
        }
    }

    private static void unique(Draft draft, Map<String, Draft> seen, String key, ConfigNode at, String what) {
        Draft first = seen.putIfAbsent(key, draft);
        if (first != null) {
            draft.fields.fail(
                    at,
                    "uniqueness violation: '" + draft.kind.plural() + "' entity with " + what + " already declared at "
                            + first.fields.node().location());
        }
    }

    /** Builds the records. */
    DeclarativeConfig build(Environment environment) {
        List<ServiceEntity> services = new ArrayList<>();
        identify(EntityKind.SERVICE);
        for (Draft draft : listed(EntityKind.SERVICE).drafts) {
            ServiceEntity service = service(draft);
            if (!draft.fields.failed() && service != null) {
                services.add(service);
            }
        }
        List<ConsumerEntity> consumers = new ArrayList<>();
        Map<String, Draft> customIds = new HashMap<>();
        identify(EntityKind.CONSUMER);
        for (Draft draft : listed(EntityKind.CONSUMER).drafts) {
            ConsumerEntity consumer = consumer(draft, customIds);
            if (!draft.fields.failed()) {
                consumers.add(consumer);
            }
        }
        Map<Draft, @Nullable Draft> routeServices = new HashMap<>();
        for (Draft draft : listed(EntityKind.ROUTE).drafts) {
            routeServices.put(draft, reference(draft, EntityKind.SERVICE, "service"));
        }
        identifyRoutes(routeServices);
        List<RouteEntity> routes = new ArrayList<>();
        for (Draft draft : listed(EntityKind.ROUTE).drafts) {
            RouteEntity route = route(draft, routeServices.get(draft));
            if (!draft.fields.failed()) {
                routes.add(route);
            }
        }
        List<KeyauthCredential> keys = new ArrayList<>();
        Map<String, Draft> seenKeys = new HashMap<>();
        for (Draft draft : listed(EntityKind.KEYAUTH).drafts) {
            KeyauthCredential key = keyauth(draft, seenKeys);
            if (key != null && !draft.fields.failed()) {
                keys.add(key);
            }
        }
        List<PluginEntity> plugins = new ArrayList<>();
        Map<String, Draft> seenScopes = new HashMap<>();
        Map<String, Draft> seenInstances = new HashMap<>();
        for (Draft draft : listed(EntityKind.PLUGIN).drafts) {
            PluginEntity plugin = plugin(draft, seenScopes, seenInstances);
            if (plugin != null) {
                plugins.add(plugin);
            }
        }
        return new DeclarativeConfig(options.compat(), environment, services, routes, plugins, consumers, keys);
    }

    private void identify(EntityKind kind) {
        Map<String, Integer> nameless = new HashMap<>();
        for (Draft draft : listed(kind).drafts) {
            if (draft.id == null) {
                draft.id =
                        Ids.of(kind.plural(), draft.name != null ? draft.name.text() : contentKey(draft, "", nameless));
                listed(kind).byId.putIfAbsent(draft.id, draft);
            }
        }
    }

    private void identifyRoutes(Map<Draft, @Nullable Draft> services) {
        Map<String, Integer> nameless = new HashMap<>();
        for (Draft draft : listed(EntityKind.ROUTE).drafts) {
            if (draft.id == null) {
                Draft service = services.get(draft);
                draft.id = Ids.of(
                        EntityKind.ROUTE.plural(),
                        draft.name != null
                                ? draft.name.text()
                                : contentKey(draft, service == null ? "" : id(service), nameless));
                listed(EntityKind.ROUTE).byId.putIfAbsent(draft.id, draft);
            }
        }
    }

    /** Kong gives what has no name a random id; here its content stands for a name, so that it survives a reload. */
    private static String contentKey(Draft draft, String parent, Map<String, Integer> seen) {
        StringBuilder content = new StringBuilder(draft.kind.plural())
                .append(":*:")
                .append(parent)
                .append(':');
        List<ConfigNode.Entry> own = new ArrayList<>();
        for (ConfigNode.Entry entry : draft.fields.node().entries()) {
            switch (entry.name()) {
                case "routes", "plugins", "keyauth_credentials", "tags", "service" -> {}
                default -> own.add(entry);
            }
        }
        Fingerprint.append(content, new ConfigNode.Mapping(draft.fields.node().location(), "", own));
        int count = seen.merge(content.toString(), 1, Integer::sum);
        return count == 1
                ? content.toString()
                : content.append(':').append(count).toString();
    }

    private static String id(Draft draft) {
        return draft.id == null ? "" : draft.id;
    }

    private List<String> tags(Draft draft) {
        Set<String> tags = new LinkedHashSet<>(Fields.texts(draft.fields.strings("tags")));
        tags.addAll(selectTags);
        return List.copyOf(tags);
    }

    /** The entity that a foreign field names, or that this one is nested under; null when neither or unknown. */
    private @Nullable Draft reference(Draft draft, EntityKind kind, String field) {
        Fields fields = draft.fields;
        ConfigNode value = fields.value(field);
        Draft parent = draft.parents.get(kind);
        if (parent != null) {
            if (value != null) {
                fields.fail(
                        value,
                        "nesting " + field + " (" + shownReference(value) + ") under " + field + "-scoped "
                                + draft.kind.singular() + " (" + draft.shownName() + ") is not allowed");
            }
            return parent;
        }
        if (value == null) {
            return null;
        }
        ConfigNode.Scalar key = key(fields, value, kind);
        if (key == null) {
            return null;
        }
        Draft target = listed(kind).byId.get(key.text());
        if (target == null) {
            target = listed(kind).byName.get(key.text());
        }
        if (target == null && incomplete) {
            fields.markFailed();
        } else if (target == null) {
            fields.fail(Problem.error(
                    key,
                    "invalid reference '" + field + ": " + key.shown() + "' (no such entry in '" + kind.plural() + "')",
                    Nearest.hint(key.shown(), listed(kind).byName.keySet())));
        }
        return target;
    }

    /** What a foreign field says: a name or id, {@code {name: ..}} or {@code {id: ..}}. */
    private static ConfigNode.@Nullable Scalar key(Fields fields, ConfigNode value, EntityKind kind) {
        if (value instanceof ConfigNode.Scalar) {
            return fields.string(value);
        }
        List<String> keys = kind == EntityKind.CONSUMER ? List.of("username", "name", "id") : List.of("name", "id");
        ConfigNode.Scalar found = null;
        if (value instanceof ConfigNode.Mapping mapping) {
            for (ConfigNode.Entry entry : mapping.entries()) {
                if (!keys.contains(entry.name())) {
                    fields.fail(Problem.error(
                            entry.location(), entry.value().path(), "unknown field", Nearest.hint(entry.name(), keys)));
                    return null;
                }
                if (!entry.value().isNull()) {
                    found = fields.string(entry.value());
                    if (found == null || entry.name().equals("id")) {
                        return found;
                    }
                }
            }
        }
        if (found == null) {
            fields.fail(value, "expected a name or id, {name: ...} or {id: ...} (got " + value.shown() + ")");
        }
        return found;
    }

    private static String shownReference(ConfigNode value) {
        if (value instanceof ConfigNode.Mapping mapping && !mapping.entries().isEmpty()) {
            return mapping.entries().iterator().next().value().shown();
        }
        return value.shown();
    }

    private @Nullable ServiceEntity service(Draft draft) {
        Fields fields = draft.fields;
        ServiceUrl url = ServiceUrl.read(fields);
        String protocol = protocol(fields, url);
        ConfigNode.Scalar hostNode = fields.string("host");
        String host = hostNode != null ? hostNode.text() : url == null ? null : url.host();
        if (hostNode != null) {
            String wrong =
                    hostNode.text().isEmpty() ? "length must be at least 1" : Checks.upstreamHost(hostNode.text());
            if (wrong != null) {
                fields.fail(hostNode, wrong + " (got " + hostNode.shown() + ")");
            }
        } else if (fields.value("host") == null && fields.value("url") == null) {
            fields.missing("host");
        }
        int port = fields.integer("port", url == null ? 80 : url.port(), 0, 65535);
        ConfigNode.Scalar pathNode = fields.string("path");
        String path = pathNode != null ? pathNode.text() : url == null ? null : url.path();
        if (pathNode != null) {
            String wrong = Checks.path(pathNode.text());
            if (wrong != null) {
                fields.fail(pathNode, wrong + " (got " + pathNode.shown() + ")");
            }
        }
        Boolean tlsVerify = fields.bool("tls_verify");
        if (tlsVerify != null && protocol.equals("http")) {
            fields.fail(
                    Objects.requireNonNull(fields.value("tls_verify")),
                    "value must be null when 'protocol' is 'http' (got " + tlsVerify + ")");
        }
        int retries = fields.integer("retries", 5, 0, 32767);
        int connectTimeout = fields.integer("connect_timeout", 60000, 1, MOST_MILLISECONDS);
        int writeTimeout = fields.integer("write_timeout", 60000, 1, MOST_MILLISECONDS);
        int readTimeout = fields.integer("read_timeout", 60000, 1, MOST_MILLISECONDS);
        boolean enabled = fields.bool("enabled", true);
        if (host == null) {
            return null;
        }
        return new ServiceEntity(
                id(draft),
                draft.name == null ? null : draft.name.text(),
                protocol,
                host,
                port,
                path,
                retries,
                connectTimeout,
                writeTimeout,
                readTimeout,
                enabled,
                tlsVerify,
                tags(draft));
    }

    private static String protocol(Fields fields, @Nullable ServiceUrl url) {
        ConfigNode.Scalar node = fields.string("protocol");
        if (node == null) {
            return url == null ? "http" : url.protocol();
        }
        checkProtocol(fields, node, SERVICE_PROTOCOLS);
        return node.text();
    }

    private static void checkProtocol(Fields fields, ConfigNode.Scalar node, Collection<String> known) {
        if (BUILT_PROTOCOLS.contains(node.text())) {
            return;
        }
        fields.fail(
                node,
                known.contains(node.text())
                        ? "'" + node.shown() + "' is valid in Kong but not built here (supported: http, https)"
                        : "expected one of: http, https (got " + node.shown() + ")");
    }

    private ConsumerEntity consumer(Draft draft, Map<String, Draft> customIds) {
        Fields fields = draft.fields;
        ConfigNode.Scalar customId = fields.string("custom_id");
        if (customId != null) {
            if (customId.text().isEmpty()) {
                fields.fail(customId, "length must be at least 1");
            } else {
                unique(draft, customIds, customId.text(), customId, "custom_id set to '" + customId.shown() + "'");
            }
        } else if (fields.value("username") == null && fields.value("custom_id") == null) {
            fields.fail(fields.node(), "at least one of these fields must be non-empty: 'custom_id', 'username'");
        }
        return new ConsumerEntity(
                id(draft),
                draft.name == null ? null : draft.name.text(),
                customId == null ? null : customId.text(),
                tags(draft));
    }

    private @Nullable KeyauthCredential keyauth(Draft draft, Map<String, Draft> seen) {
        Fields fields = draft.fields;
        ConfigNode.Scalar key = fields.requiredString("key", true);
        if (key != null) {
            unique(draft, seen, key.text(), key, "the same key");
        }
        boolean given = draft.parents.containsKey(EntityKind.CONSUMER) || fields.value("consumer") != null;
        Draft consumer = reference(draft, EntityKind.CONSUMER, "consumer");
        if (!given) {
            fields.missing("consumer");
        }
        if (key == null || consumer == null) {
            return null;
        }
        String id = draft.id != null
                ? draft.id
                : Ids.of(EntityKind.KEYAUTH.plural(), "keyauth_credentials:*:" + key.text());
        return new KeyauthCredential(id, id(consumer), Secret.literal(key.text()), tags(draft));
    }

    private @Nullable PluginEntity plugin(Draft draft, Map<String, Draft> scopes, Map<String, Draft> instances) {
        Fields fields = draft.fields;
        ConfigNode.Scalar name = fields.requiredString("name", false);
        boolean known = name != null && isPresent(fields, name);
        ConfigNode.Scalar instanceName = fields.string("instance_name");
        if (instanceName != null) {
            String wrong = Checks.name(instanceName.text());
            if (wrong != null) {
                fields.fail(instanceName, "invalid value '" + instanceName.shown() + "': " + wrong);
            }
            unique(
                    draft,
                    instances,
                    instanceName.text(),
                    instanceName,
                    "instance_name set to '" + instanceName.shown() + "'");
        }
        Draft service = reference(draft, EntityKind.SERVICE, "service");
        Draft route = reference(draft, EntityKind.ROUTE, "route");
        Draft consumer = reference(draft, EntityKind.CONSUMER, "consumer");
        if (name != null
                && KongPlugins.WITHOUT_CONSUMER.contains(name.text())
                && (fields.value("consumer") != null || draft.parents.containsKey(EntityKind.CONSUMER))) {
            ConfigNode at = fields.value("consumer");
            fields.fail(
                    at != null ? at : name,
                    "value must be null: '" + name.shown() + "' cannot be limited to a consumer");
        }
        boolean enabled = fields.bool("enabled", true);
        List<String> protocols = pluginProtocols(fields);
        ConfigNode.Mapping config = config(fields);
        List<String> tags = tags(draft);
        if (name == null || config == null || !known) {
            return null;
        }
        String routeId = route == null ? null : id(route);
        String serviceId = service == null ? null : id(service);
        String consumerId = consumer == null ? null : id(consumer);
        String key = String.join(
                ":",
                "plugins",
                "*",
                name.text(),
                routeId == null ? "" : routeId,
                serviceId == null ? "" : serviceId,
                consumerId == null ? "" : consumerId);
        if (!fields.failed()) {
            unique(draft, scopes, key, name, "name set to '" + name.shown() + "' and the same scope");
        }
        return new PluginEntity(
                draft.id != null ? draft.id : Ids.of(EntityKind.PLUGIN.plural(), key),
                name.text(),
                instanceName == null ? null : instanceName.text(),
                serviceId,
                routeId,
                consumerId,
                enabled,
                protocols,
                tags,
                fields.node().location(),
                fields.node().path(),
                config);
    }

    private boolean isPresent(Fields fields, ConfigNode.Scalar name) {
        Set<String> present = options.plugins();
        if (present == null || present.contains(name.text())) {
            return true;
        }
        if (KongPlugins.NAMES.contains(name.text())) {
            fields.fail(Problem.error(
                    name,
                    "plugin '" + name.shown() + "' is valid in Kong but not built here",
                    "supported: " + String.join(", ", present)));
        } else {
            String hint = Nearest.hint(name.shown(), present);
            fields.fail(Problem.error(
                    name,
                    "plugin '" + name.shown() + "' not enabled",
                    hint != null ? hint : "present: " + String.join(", ", present)));
        }
        return false;
    }

    private static List<String> pluginProtocols(Fields fields) {
        if (fields.value("protocols") == null) {
            return List.of("grpc", "grpcs", "http", "https");
        }
        List<String> protocols = new ArrayList<>();
        for (ConfigNode.Scalar node : fields.strings("protocols")) {
            if (KongPlugins.PROTOCOLS.contains(node.text())) {
                protocols.add(node.text());
            } else {
                fields.fail(Problem.error(
                        node,
                        "expected one of: grpc, grpcs, http, https, tcp, tls, tls_passthrough, udp, ws, wss (got "
                                + node.shown() + ")",
                        Nearest.hint(node.shown(), KongPlugins.PROTOCOLS)));
            }
        }
        return protocols;
    }

    private ConfigNode.@Nullable Mapping config(Fields fields) {
        ConfigNode value = fields.value("config");
        ConfigNode.Mapping config;
        if (value == null) {
            config = ConfigNode.emptyMapping(
                    fields.node().location(), ConfigNode.child(fields.node().path(), "config"));
        } else if (value instanceof ConfigNode.Mapping mapping) {
            config = mapping;
        } else {
            fields.fail(value, "expected a record (got " + value.shown() + ")");
            return null;
        }
        ConfigNode.Scalar shared = fields.string("_config");
        if (shared == null) {
            return config;
        }
        ConfigNode.Mapping preset = pluginConfigs.get(shared.text());
        if (preset == null) {
            if (!incomplete) {
                fields.fail(Problem.error(
                        shared,
                        "_plugin_config \"" + shared.shown() + "\" not found",
                        Nearest.hint(shared.shown(), pluginConfigs.keySet())));
            }
            return null;
        }
        return config.withDefaults(preset);
    }

    private RouteEntity route(Draft draft, @Nullable Draft service) {
        Fields fields = draft.fields;
        List<String> protocols = routeProtocols(fields);
        List<ConfigNode.Scalar> methods = fields.strings("methods");
        for (ConfigNode.Scalar method : methods) {
            if (!METHOD.matcher(method.text()).matches()) {
                fields.fail(method, "invalid value: " + method.shown() + " (expected: upper-case letters)");
            }
        }
        List<ConfigNode.Scalar> hosts = fields.strings("hosts");
        for (ConfigNode.Scalar host : hosts) {
            check(fields, host, Checks.routeHost(host.text()));
        }
        Map<String, List<String>> headers = headers(fields);
        List<String> paths = new ArrayList<>();
        for (ConfigNode.Scalar node : fields.strings("paths")) {
            String path = draft.before3 ? Checks.upgraded(node.text()) : node.text();
            check(fields, node, Checks.routePath(path));
            paths.add(path);
        }
        requireMatcher(fields, protocols, List.of(methods, hosts, headers.keySet(), paths));
        return new RouteEntity(
                id(draft),
                draft.name == null ? null : draft.name.text(),
                service == null ? null : id(service),
                protocols,
                Fields.texts(methods),
                Fields.texts(hosts),
                headers,
                paths,
                fields.integer("regex_priority", 0, Integer.MIN_VALUE, Integer.MAX_VALUE),
                fields.bool("strip_path", true),
                fields.oneOf("path_handling", "v0", List.of("v0", "v1")),
                fields.bool("preserve_host", false),
                redirectStatus(fields),
                fields.bool("request_buffering", true),
                fields.bool("response_buffering", true),
                tags(draft));
    }

    private static void check(Fields fields, ConfigNode.Scalar node, @Nullable String wrong) {
        if (wrong != null) {
            fields.fail(node, wrong + " (got " + node.shown() + ")");
        }
    }

    private List<String> routeProtocols(Fields fields) {
        ConfigNode value = fields.value("protocols");
        if (value == null) {
            return options.compat().routeProtocols();
        }
        List<ConfigNode.Scalar> nodes = fields.strings("protocols");
        if (nodes.isEmpty() && !fields.failed()) {
            fields.fail(value, "length must be at least 1");
        }
        Set<String> protocols = new LinkedHashSet<>();
        for (ConfigNode.Scalar node : nodes) {
            checkProtocol(fields, node, SERVICE_PROTOCOLS);
            protocols.add(node.text());
        }
        return List.copyOf(protocols);
    }

    private static Map<String, List<String>> headers(Fields fields) {
        ConfigNode value = fields.value("headers");
        Map<String, List<String>> headers = new LinkedHashMap<>();
        if (value == null) {
            return headers;
        }
        if (!(value instanceof ConfigNode.Mapping mapping)) {
            fields.fail(value, "expected a map (got " + value.shown() + ")");
            return headers;
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            String wrong = Checks.headerName(entry.name());
            if (wrong != null) {
                fields.fail(Problem.error(entry.location(), entry.value().path(), wrong, null));
            }
            List<ConfigNode.Scalar> values = fields.strings(entry.value());
            for (ConfigNode.Scalar node : values) {
                if (node.text().startsWith("~*")) {
                    check(fields, node, Checks.regex(node.text().substring(2)));
                }
            }
            if (values.isEmpty() && !fields.failed()) {
                fields.fail(entry.value(), "length must be at least 1");
            }
            headers.put(entry.name(), List.copyOf(Fields.texts(values)));
        }
        return headers;
    }

    private static void requireMatcher(Fields fields, List<String> protocols, List<Collection<?>> matchers) {
        for (Collection<?> matcher : matchers) {
            if (!matcher.isEmpty()) {
                return;
            }
        }
        for (String name :
                List.of("methods", "hosts", "headers", "paths", "snis", "expression", "sources", "destinations")) {
            ConfigNode value = fields.value(name);
            if (value != null
                    && !(value instanceof ConfigNode.Sequence list
                            && list.items().isEmpty())) {
                return; // present and already refused
            }
        }
        String protocol = protocols.isEmpty() || protocols.contains("http") ? "http" : "https";
        fields.fail(
                fields.node(),
                "must set one of 'methods', 'hosts', 'headers', 'paths' when 'protocols' is '" + protocol + "'");
    }

    private static int redirectStatus(Fields fields) {
        int status = fields.integer("https_redirect_status_code", 426, Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (!REDIRECTS.contains(status)) {
            ConfigNode value = fields.value("https_redirect_status_code");
            fields.fail(
                    value == null ? fields.node() : value,
                    "expected one of: 426, 301, 302, 307, 308 (got " + status + ")");
        }
        return status;
    }
}
