package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.ConfigText;
import io.gatehouse.core.config.Environment;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Nearest;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Variables;
import io.gatehouse.core.service.Vaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads declarative files: decK's form, DB-less Kong's, and the one with {@code entities} and {@code variables} that
 * the how-tos print. All problems of all files are found in one go. Blocks on the file system; holds no state
 * between calls, so any thread may call.
 */
public final class ConfigLoader {
    private static final String STANDARD_INPUT = "-";
    private static final Set<String> PRINTED_FORM = Set.of("entities", "variables", "_format_version");

    private final Environment environment;
    private final LoadOptions options;
    private final Set<Problem> problems = new LinkedHashSet<>();
    private final List<String> files = new ArrayList<>();
    private boolean incomplete;

    private ConfigLoader(Environment environment, LoadOptions options) {
        this.environment = environment;
        this.options = options;
    }

    /** Reads with default options. */
    public static LoadResult load(List<Path> filesOrDirs, Environment environment) {
        return load(filesOrDirs, environment, LoadOptions.defaults());
    }

    /**
     * Reads and merges files and directories. Lists of entities are joined; an entity that is there twice is an
     * error that names both places.
     *
     * @param filesOrDirs {@code -} for the standard input, files, and directories whose *.yaml, *.yml and *.json are read at any depth in the order of
     *     their names; what begins with a dot is left out
     * @param environment where variables are looked up
     * @param options whose defaults hold, and which plugins there are
     */
    public static LoadResult load(List<Path> filesOrDirs, Environment environment, LoadOptions options) {
        return new ConfigLoader(environment, options).load(filesOrDirs);
    }

    /**
     * Reads one text as if it were a file.
     *
     * @param file the name for messages
     */
    public static LoadResult loadText(String file, String text, Environment environment, LoadOptions options) {
        ConfigLoader loader = new ConfigLoader(environment, options);
        loader.files.add(file);
        return loader.result(loader.parsed(file, text));
    }

    /**
     * A configuration with edits, which are checked as files are: against the whole. Only they are bound anew; but when a
     * vault is among them, everything is, since any secret may come from it.
     *
     * @param edits at most one of each entity
     * @param options those that the configuration was read with
     */
    public static LoadResult edit(DeclarativeConfig before, Collection<EntityEdit> edits, LoadOptions options) {
        List<Problem> problems = new ArrayList<>();
        boolean vaults = edits.stream().anyMatch(edit -> edit.kind() == EntityKind.VAULT);
        Vaults known = options.vaults() == null ? Vaults.over(name -> null) : options.vaults();
        Vaults.Draft secrets = vaults ? known.draft() : known.draft(before.secrets());
        Map<EntityKind, Set<String>> gone = new EnumMap<>(EntityKind.class);
        Map<String, EntityEdit> all = new LinkedHashMap<>();
        for (EntityEdit edit : edits) {
            all.put(edit.place(), edit);
            if (edit.fields() == null) {
                gone.computeIfAbsent(edit.kind(), kind -> new HashSet<>()).add(edit.id());
            }
        }
        if (vaults) {
            for (EntityKind kind : EntityKind.values()) {
                before.all(kind).forEach(entity -> again(entity, all));
            }
        } else if (edits.stream().anyMatch(edit -> edit.kind() == EntityKind.PARTIAL)) {
            for (Entity plugin : before.all(EntityKind.PLUGIN)) {
                if (usesEdited((PluginEntity) plugin.value(), all, before)) {
                    again(plugin, all);
                }
            }
        }
        Map<EntityKind, List<Entity>> changed = EntityReader.of(before, all.values(), options, secrets, problems::add)
                .build();
        DeclarativeConfig config = new DeclarativeConfig(before, secrets, changed, gone);
        gone.forEach((kind, ids) -> ids.forEach(id -> stillReferred(config, kind, id, problems)));
        return new LoadResult(config, problems);
    }

    /** A digest of the bytes of files and directories, whatever they say. One that cannot be read counts as empty. */
    public static String digest(List<Path> filesOrDirs, LoadOptions options) {
        ConfigLoader loader = new ConfigLoader(name -> null, options);
        MessageDigest digest = Fingerprint.sha256();
        for (Path file : loader.files(filesOrDirs)) {
            byte[] bytes = new byte[0];
            try (InputStream in = file.toString().equals(STANDARD_INPUT)
                    ? options.standardInput().open()
                    : Files.newInputStream(file)) {
                bytes = in.readAllBytes();
            } catch (IOException unreadable) {
                // whoever loads it says so
            }
            digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** What is not edited and may mean something else now. */
    private static void again(Entity entity, Map<String, EntityEdit> edits) {
        EntityEdit same = new EntityEdit(entity.kind(), entity.id(), entity.node());
        edits.putIfAbsent(same.place(), same);
    }

    private static boolean usesEdited(PluginEntity plugin, Map<String, EntityEdit> edits, DeclarativeConfig config) {
        return config.links(plugin).stream()
                .anyMatch(link ->
                        link.id() != null && edits.containsKey(EntityEdit.place(EntityKind.PARTIAL, link.id())));
    }

    private static void stillReferred(DeclarativeConfig config, EntityKind gone, String id, List<Problem> problems) {
        for (EntityKind kind : EntityKind.values()) {
            for (EntityKind.Reference reference : kind.references()) {
                if (reference.kind() == gone) {
                    for (Entity entity : config.referring(kind, reference.field(), id)) {
                        problems.add(Problem.error(
                                entity.location(),
                                ConfigNode.child(entity.path(), reference.field()),
                                "invalid reference '" + reference.field() + ": " + id + "' (no such entry in '"
                                        + gone.plural() + "')",
                                null));
                    }
                }
            }
        }
    }

    /**
     * Entities one by one, such as those of a state file, as a configuration.
     *
     * @param edits at most one of each entity, none that takes one away
     */
    public static LoadResult entities(Collection<EntityEdit> edits, LoadOptions options) {
        Vaults known = options.vaults() == null ? Vaults.over(name -> null) : options.vaults();
        DeclarativeConfig nothing = new DeclarativeConfig(options.compat(), options.flavor(), known.draft(), Map.of());
        return edit(nothing, edits, options);
    }

    /** One file that was read. */
    private static final class Parsed {
        final String file;
        final boolean printedForm;
        final Map<String, Variables.Variable> variables;
        ConfigNode root;

        @Nullable
        String version;

        Parsed(String file, ConfigNode root, boolean printedForm, Map<String, Variables.Variable> variables) {
            this.file = file;
            this.root = root;
            this.printedForm = printedForm;
            this.variables = variables;
        }
    }

    private LoadResult load(List<Path> filesOrDirs) {
        List<@Nullable Parsed> parsed = new ArrayList<>();
        for (Path file : files(filesOrDirs)) {
            parsed.add(parse(file));
        }
        return result(parsed.toArray(new Parsed[0]));
    }

    private LoadResult result(@Nullable Parsed... read) {
        List<Parsed> parsed = new ArrayList<>();
        for (Parsed one : read) {
            if (one == null) {
                incomplete = true;
            } else {
                parsed.add(one);
            }
        }
        Map<String, Variables.Variable> variables = variables(parsed);
        List<Fields> roots = new ArrayList<>();
        for (Parsed one : parsed) {
            ConfigNode root = one.printedForm
                    ? new Variables(one.variables, variables, problems::add).substitute(one.root)
                    : one.root;
            if (root instanceof ConfigNode.Mapping mapping) {
                RootFields.check(mapping, problems::add);
                Fields fields = new Fields(mapping, problems::add);
                readVersion(one, fields);
                roots.add(fields);
            } else {
                problems.add(Problem.error(root, "expected a map (got " + root.shown() + ")"));
                incomplete = true;
                roots.add(new Fields(ConfigNode.emptyMapping(root.location(), root.path()), problems::add));
                one.version = one.version == null ? "" : one.version;
            }
        }
        settleVersions(parsed);
        DeclarativeConfig config = entities(parsed, roots);
        List<Problem> sorted = new ArrayList<>(problems);
        sorted.sort(Comparator.<Problem>comparingInt(problem -> files.indexOf(problem.file()))
                .thenComparingInt(Problem::line)
                .thenComparingInt(Problem::column));
        return new LoadResult(config, sorted);
    }

    private List<Path> files(List<Path> filesOrDirs) {
        List<Path> found = new ArrayList<>();
        for (Path path : filesOrDirs) {
            if (Files.isDirectory(path)) {
                int before = found.size();
                walk(path, found, new HashSet<>());
                if (found.size() == before) {
                    report(path, "no *.yaml, *.yml or *.json in this directory");
                }
            } else {
                found.add(path);
            }
        }
        return found;
    }

    private void walk(Path directory, List<Path> found, Set<Path> seen) {
        List<Path> children = new ArrayList<>();
        try (Stream<Path> list = Files.list(directory)) {
            if (!seen.add(directory.toRealPath())) {
                return;
            }
            list.forEach(children::add);
        } catch (IOException unreadable) {
            report(directory, "cannot be read: " + unreadable.getClass().getSimpleName());
            return;
        }
        children.sort(Comparator.comparing(Path::toString));
        for (Path child : children) {
            String name = child.getFileName().toString();
            // Kubernetes mounts a ConfigMap as links into a dot directory: reading both would double everything.
            if (name.startsWith(".")) {
                continue;
            }
            if (Files.isDirectory(child)) {
                walk(child, found, seen);
            } else {
                String lower = name.toLowerCase(Locale.ROOT);
                if (lower.endsWith(".yaml") || lower.endsWith(".yml") || lower.endsWith(".json")) {
                    found.add(child);
                }
            }
        }
    }

    private void report(Path path, String message) {
        if (!files.contains(path.toString())) {
            files.add(path.toString());
        }
        problems.add(Problem.error(new Location(path.toString(), 1, 1), "", message, null));
        incomplete = true;
    }

    private @Nullable Parsed parse(Path path) {
        String file = path.toString();
        if (files.contains(file)) {
            report(path, "named twice");
            return null;
        }
        files.add(file);
        String text = read(path);
        return text == null ? null : parsed(file, text);
    }

    private @Nullable Parsed parsed(String file, String text) {
        ConfigNode root = ConfigText.parse(file, text, environment, problems::add);
        if (root == null) {
            return null;
        }
        if (!(root instanceof ConfigNode.Mapping mapping)
                || (mapping.get("entities") == null && mapping.get("variables") == null)) {
            return new Parsed(file, root, false, Map.of());
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            if (!PRINTED_FORM.contains(entry.name())) {
                problems.add(Problem.error(
                        entry.location(),
                        entry.value().path(),
                        RootFields.knows(entry.name())
                                ? "stands beside 'entities' (expected: inside it)"
                                : "unknown field",
                        Nearest.hint(entry.name(), PRINTED_FORM)));
            }
        }
        Map<String, Variables.Variable> variables =
                Variables.read(mapping.get("variables"), environment, problems::add);
        ConfigNode entities = mapping.get("entities");
        if (entities == null || entities.isNull()) {
            entities = ConfigNode.emptyMapping(mapping.location(), "entities");
        }
        Parsed parsed = new Parsed(file, entities, true, variables);
        ConfigNode version = mapping.get("_format_version");
        Fields reporter = new Fields(ConfigNode.emptyMapping(mapping.location(), ""), problems::add);
        parsed.version = version == null || version.isNull() ? "3.0" : version(reporter, version);
        return parsed;
    }

    private @Nullable String read(Path path) {
        try {
            if (path.toString().equals(STANDARD_INPUT)) {
                return ConfigText.read(STANDARD_INPUT, options.standardInput().open(), problems::add);
            }
            if (!Files.exists(path)) {
                report(path, "no such file or directory");
                return null;
            }
            try (InputStream in = Files.newInputStream(path)) {
                return ConfigText.read(path.toString(), in, problems::add);
            }
        } catch (IOException unreadable) {
            report(path, "cannot be read: " + unreadable.getClass().getSimpleName());
            return null;
        }
    }

    private Map<String, Variables.Variable> variables(List<Parsed> parsed) {
        Map<String, Variables.Variable> all = new LinkedHashMap<>();
        for (Parsed one : parsed) {
            for (Variables.Variable variable : one.variables.values()) {
                Variables.Variable first = all.putIfAbsent(variable.name(), variable);
                if (first != null && !Objects.equals(first.definition(), variable.definition())) {
                    problems.add(Problem.error(
                            variable.location(),
                            "variables." + variable.name(),
                            "variable with another value already declared at " + first.location(),
                            null));
                }
            }
        }
        return all;
    }

    private static void readVersion(Parsed parsed, Fields root) {
        ConfigNode node = root.value("_format_version");
        if (node != null && parsed.version == null) {
            parsed.version = version(root, node);
        }
    }

    private static String version(Fields root, ConfigNode node) {
        ConfigNode.Scalar text = root.string(node);
        if (text == null) {
            return "";
        }
        if (!Set.of("1.1", "2.1", "3.0").contains(text.text())) {
            root.fail(text, "expected one of: 1.1, 2.1, 3.0 (got " + text.shown() + ")");
        }
        return text.text();
    }

    /** One file with a version is enough, as when decK merges files. */
    private void settleVersions(List<Parsed> parsed) {
        String given = null;
        for (Parsed one : parsed) {
            if (given == null && one.version != null) {
                given = one.version;
            }
        }
        for (Parsed one : parsed) {
            if (one.version == null) {
                if (given == null) {
                    problems.add(Problem.error(
                            new Location(one.file, 1, 1),
                            "_format_version",
                            "required field missing",
                            "add the line _format_version: \"3.0\""));
                }
                one.version = given == null ? "3.0" : given;
            }
        }
    }

    private DeclarativeConfig entities(List<Parsed> parsed, List<Fields> roots) {
        Map<EntityKind, ConfigNode.Mapping> defaults = new HashMap<>();
        Map<String, ConfigNode.Mapping> pluginConfigs = new LinkedHashMap<>();
        Set<String> selectTags = new LinkedHashSet<>();
        ConfigNode.Scalar workspace = null;
        List<Fields> untransformed = new ArrayList<>();
        for (Fields root : roots) {
            info(root, defaults, selectTags);
            pluginConfigs(root, pluginConfigs);
            workspace = workspace(root, workspace);
            if (Boolean.FALSE.equals(root.bool("_transform"))) {
                untransformed.add(root);
            }
        }
        Vaults vaults = options.vaults() == null ? Vaults.over(environment::get) : options.vaults();
        Vaults.Draft secrets = vaults.draft();
        EntityReader reader = new EntityReader(options, secrets, problems::add, defaults, pluginConfigs, selectTags);
        if (incomplete) {
            reader.incomplete();
        }
        for (int i = 0; i < roots.size(); i++) {
            String version = parsed.get(i).version;
            reader.add(roots.get(i).node(), "1.1".equals(version) || "2.1".equals(version));
        }
        DeclarativeConfig config = new DeclarativeConfig(options.compat(), options.flavor(), secrets, reader.build());
        if (!config.all(EntityKind.BASICAUTH).isEmpty()) {
            for (Fields root : untransformed) {
                root.fail(
                        Objects.requireNonNull(root.value("_transform")),
                        "_transform: false is not supported with basicauth_credentials, whose passwords would be hashes"
                                + " (expected: passwords as clients send them)");
            }
        }
        return config;
    }

    private void info(Fields root, Map<EntityKind, ConfigNode.Mapping> defaults, Set<String> selectTags) {
        ConfigNode value = root.value("_info");
        if (value == null) {
            return;
        }
        if (!(value instanceof ConfigNode.Mapping info)) {
            root.fail(value, "expected a record (got " + value.shown() + ")");
            return;
        }
        for (ConfigNode.Entry entry : info.entries()) {
            ConfigNode setting = entry.value();
            if (setting.isNull()) {
                continue;
            }
            switch (entry.name()) {
                case "select_tags" -> {
                    for (ConfigNode.Scalar tag : root.strings(setting)) {
                        String wrong = Checks.tag(tag.text());
                        if (wrong != null) {
                            root.fail(tag, "invalid tag '" + tag.shown() + "': " + wrong);
                        }
                        selectTags.add(tag.text());
                    }
                }
                case "defaults" -> defaults(root, setting, defaults);
                case "default_lookup_tags" -> lookupTags(root, setting);
                case "consumer_group_policy_overrides", "include_plugin_definitions", "skip_hash_for_basic_auth" -> {
                    if (!(setting instanceof ConfigNode.Scalar off && Boolean.FALSE.equals(off.asBoolean()))) {
                        notBuilt(root, entry, "select_tags, defaults, default_lookup_tags");
                    }
                }
                default -> unknown(root, entry, List.of("select_tags", "defaults", "default_lookup_tags"));
            }
        }
    }

    /** Says to decK which entities of a running gateway a file may refer to; a file that is whole needs none. */
    private static void lookupTags(Fields root, ConfigNode value) {
        List<String> kinds = List.of("services", "routes", "consumers", "consumer_groups", "partials");
        if (!(value instanceof ConfigNode.Mapping mapping)) {
            root.fail(value, "expected a record (got " + value.shown() + ")");
            return;
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            if (kinds.contains(entry.name())) {
                root.strings(entry.value());
            } else {
                unknown(root, entry, kinds);
            }
        }
    }

    private static void defaults(Fields root, ConfigNode value, Map<EntityKind, ConfigNode.Mapping> defaults) {
        if (!(value instanceof ConfigNode.Mapping mapping)) {
            root.fail(value, "expected a record (got " + value.shown() + ")");
            return;
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            EntityKind kind = switch (entry.name()) {
                case "service" -> EntityKind.SERVICE;
                case "route" -> EntityKind.ROUTE;
                case "upstream" -> EntityKind.UPSTREAM;
                case "target" -> EntityKind.TARGET;
                default -> null;
            };
            if (entry.value().isNull()) {
                continue;
            }
            if (kind == null) {
                unknown(root, entry, List.of("service", "route", "upstream", "target"));
            } else if (!(entry.value() instanceof ConfigNode.Mapping preset)) {
                root.fail(
                        entry.value(), "expected a record (got " + entry.value().shown() + ")");
            } else {
                for (String own : List.of("id", "name", "target")) {
                    ConfigNode.Entry wrong = preset.entry(own);
                    if (wrong != null) {
                        root.fail(Problem.error(
                                wrong.location(), wrong.value().path(), "a default must not have this field", null));
                    }
                }
                ConfigNode.Mapping earlier = defaults.get(kind);
                defaults.put(kind, earlier == null ? preset : earlier.withDefaults(preset));
            }
        }
    }

    private static void pluginConfigs(Fields root, Map<String, ConfigNode.Mapping> pluginConfigs) {
        ConfigNode value = root.value("_plugin_configs");
        if (value == null) {
            return;
        }
        if (!(value instanceof ConfigNode.Mapping mapping)) {
            root.fail(value, "expected a map (got " + value.shown() + ")");
            return;
        }
        for (ConfigNode.Entry entry : mapping.entries()) {
            if (entry.value() instanceof ConfigNode.Mapping config) {
                ConfigNode.Mapping first = pluginConfigs.putIfAbsent(entry.name(), config);
                if (first != null) {
                    root.fail(Problem.error(
                            entry.location(),
                            config.path(),
                            "_plugin_config already declared at " + first.location(),
                            null));
                }
            } else {
                root.fail(
                        entry.value(), "expected a record (got " + entry.value().shown() + ")");
            }
        }
    }

    private static ConfigNode.@Nullable Scalar workspace(Fields root, ConfigNode.@Nullable Scalar earlier) {
        ConfigNode.Scalar workspace = root.string("_workspace");
        if (workspace == null) {
            return earlier;
        }
        if (!workspace.text().equals("default")) {
            root.fail(
                    workspace,
                    "workspace '" + workspace.shown() + "' is valid in Kong but not built here (supported: default)");
        }
        return workspace;
    }

    private static void notBuilt(Fields root, ConfigNode.Entry entry, String supported) {
        root.fail(Problem.error(
                entry.location(), entry.value().path(), "valid in Kong but not built here", "supported: " + supported));
    }

    private static void unknown(Fields root, ConfigNode.Entry entry, List<String> supported) {
        String hint = Nearest.hint(entry.name(), supported);
        root.fail(Problem.error(
                entry.location(),
                entry.value().path(),
                "unknown field",
                hint != null ? hint : "supported: " + String.join(", ", supported)));
    }
}
