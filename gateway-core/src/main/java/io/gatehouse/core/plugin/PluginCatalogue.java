package io.gatehouse.core.plugin;

import io.gatehouse.api.PluginFactory;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.config.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Every plugin that can be configured: the bundled ones and those of the plugin folders. Immutable. */
public final class PluginCatalogue {
    /** The manifest line by which a JAR states the plugin API it was built against. */
    public static final String API_LINE = "Gatehouse-Api";

    /** The plugin API of this gateway. */
    public static final String API_VERSION = "1";

    /** The manifest line by which a JAR asks for the gateway's own Vert.x and Netty. */
    public static final String INTERNALS_LINE = "Gatehouse-Internals";

    private static final String INTERNALS = "vertx-5.0";

    private final List<PluginSource> sources;
    private final Map<String, Known> byName;

    /**
     * A plugin that can be configured.
     *
     * @param version of its JAR
     */
    public record Known(PluginFactory<?> factory, PluginSource source, String version) {}

    private PluginCatalogue(List<PluginSource> sources, Map<String, Known> byName) {
        this.sources = List.copyOf(sources);
        this.byName = byName;
    }

    /** The plugin of this name, or null. */
    public @Nullable Known plugin(String name) {
        return byName.get(name);
    }

    /** All names, sorted. */
    public Set<String> names() {
        return byName.keySet();
    }

    /** All plugins, by name. */
    public Collection<Known> plugins() {
        return byName.values();
    }

    /** All sources, the bundled one first. */
    public List<PluginSource> sources() {
        return sources;
    }

    /** All implementations of an extension point, bundled ones first. */
    public <T> List<T> extensions(Class<T> type) {
        List<T> all = new ArrayList<>();
        for (PluginSource source : sources) {
            all.addAll(source.extensions(type));
        }
        return List.copyOf(all);
    }

    /** Lets a catalogue go that never went live: nothing of it was started. */
    public void discard() {
        sources.forEach(PluginSource::unload);
    }

    /**
     * Reads the plugin folders. What did not change keeps its loader.
     *
     * @param previous the catalogue so far, or null
     * @param sink takes what is wrong; with errors the result must not be used
     */
    public static PluginCatalogue load(List<Path> folders, @Nullable PluginCatalogue previous, Consumer<Problem> sink) {
        List<PluginSource> sources = new ArrayList<>();
        sources.add(
                previous != null
                        ? previous.sources.get(0)
                        : new PluginSource("bundled", "", PluginCatalogue.class.getClassLoader(), null));
        for (Path folder : folders) {
            for (List<Path> jars : sets(folder, sink)) {
                PluginSource source = source(folder, jars, previous, sink);
                if (source != null) {
                    sources.add(source);
                }
            }
        }
        Map<String, Known> byName = new TreeMap<>();
        for (PluginSource source : sources) {
            for (PluginFactory<?> factory : source.factories()) {
                add(byName, factory, source, sink);
            }
        }
        return new PluginCatalogue(sources, new LinkedHashMap<>(byName));
    }

    private static void add(
            Map<String, Known> byName, PluginFactory<?> factory, PluginSource source, Consumer<Problem> sink) {
        String name;
        try {
            name = factory.name();
            if (!name.matches("[a-z0-9][a-z0-9_.-]*")) {
                sink.accept(problem(
                        source.origin(),
                        "plugin name: " + name + " (expected: lower-case letters, digits, -, _ and .)"));
                return;
            }
        } catch (RuntimeException | LinkageError e) {
            sink.accept(problem(source.origin(), factory.getClass().getName() + ".name() threw " + e));
            return;
        }
        String version = factory.getClass().getPackage().getImplementationVersion();
        Known other = byName.putIfAbsent(name, new Known(factory, source, version == null ? "unknown" : version));
        if (other != null) {
            sink.accept(problem(
                    source.origin(),
                    "plugin " + name + ": already provided by " + other.source().origin()
                            + " (expected: one JAR for each plugin name)"));
        }
    }

    /** Every JAR of a folder by itself, and every sub-folder's JARs together. */
    private static List<List<Path>> sets(Path folder, Consumer<Problem> sink) {
        if (!Files.isDirectory(folder)) {
            if (Files.exists(folder)) {
                sink.accept(problem(folder.toString(), "not a folder (expected: a folder of plugin JARs)"));
            }
            return List.of();
        }
        List<List<Path>> sets = new ArrayList<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.sorted().toList()) {
                if (Files.isDirectory(entry)) {
                    List<Path> jars = jars(entry);
                    if (!jars.isEmpty()) {
                        sets.add(jars);
                    }
                } else if (isJar(entry)) {
                    sets.add(List.of(entry));
                }
            }
        } catch (IOException e) {
            sink.accept(problem(folder.toString(), "cannot be read: " + e));
        }
        return sets;
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(PluginCatalogue::isJar).sorted().toList();
        }
    }

    private static boolean isJar(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".jar") && !name.startsWith(".") && Files.isRegularFile(file);
    }

    private static @Nullable PluginSource source(
            Path folder, List<Path> jars, @Nullable PluginCatalogue previous, Consumer<Problem> sink) {
        Path first = jars.get(0);
        Path parent = first.getParent();
        String origin = parent == null || parent.equals(folder) ? first.toString() : parent.toString();
        try {
            String hash = hash(jars);
            if (previous != null) {
                for (PluginSource known : previous.sources) {
                    if (known.origin().equals(origin) && known.contentHash().equals(hash)) {
                        return known;
                    }
                }
            }
            Boolean internals = check(origin, jars, sink);
            return internals == null ? null : open(origin, hash, jars, internals);
        } catch (IOException e) {
            sink.accept(problem(origin, "cannot be read as a JAR: " + e.getMessage()));
        } catch (ServiceConfigurationError | LinkageError e) {
            sink.accept(problem(origin, "cannot be loaded: " + rootMessage(e)));
        }
        return null;
    }

    /** The loader works on copies, so that a JAR may be replaced while its classes are in use. */
    private static PluginSource open(String origin, String hash, List<Path> jars, boolean internals)
            throws IOException {
        Path copies = Files.createTempDirectory("gatehouse-plugin-");
        try {
            List<URL> urls = new ArrayList<>();
            for (Path jar : jars) {
                urls.add(url(Files.copy(jar, copies.resolve(jar.getFileName().toString()))));
            }
            String name = String.valueOf(Path.of(origin).getFileName());
            ClassLoader gateway = PluginCatalogue.class.getClassLoader();
            PluginLoader loader = new PluginLoader(name, urls.toArray(URL[]::new), gateway, internals);
            return new PluginSource(origin, hash, loader, copies);
        } catch (IOException | RuntimeException | Error e) {
            PluginSource.delete(copies);
            throw e;
        }
    }

    private static URL url(Path file) throws MalformedURLException {
        return file.toUri().toURL();
    }

    /** Looks into the JARs before any class is loaded. Null when refused, else whether internals are asked for. */
    private static @Nullable Boolean check(String origin, List<Path> jars, Consumer<Problem> sink) throws IOException {
        String api = null;
        String internals = null;
        boolean good = true;
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile())) {
                Manifest manifest = file.getManifest();
                if (manifest != null) {
                    Attributes lines = manifest.getMainAttributes();
                    api = api == null ? lines.getValue(API_LINE) : api;
                    internals = internals == null ? lines.getValue(INTERNALS_LINE) : internals;
                }
                Enumeration<JarEntry> entries = file.entries();
                while (entries.hasMoreElements()) {
                    String entry = entries.nextElement().getName();
                    if (entry.startsWith("io/gatehouse/api/") && entry.endsWith(".class")) {
                        sink.accept(problem(
                                jar.toString(),
                                "packages " + entry + " (expected: the plugin API is provided by the gateway)"));
                        good = false;
                        break;
                    }
                }
            }
        }
        if (api == null || !api.trim().equals(API_VERSION)) {
            sink.accept(problem(
                    origin,
                    "manifest line " + API_LINE + ": " + (api == null ? "missing" : api.trim()) + " (expected: "
                            + API_VERSION + ")"));
            good = false;
        }
        if (internals != null && !internals.trim().equals(INTERNALS)) {
            sink.accept(problem(
                    origin,
                    "manifest line " + INTERNALS_LINE + ": " + internals.trim() + " (expected: " + INTERNALS + ")"));
            good = false;
        }
        return good ? internals != null : null;
    }

    private static String hash(List<Path> jars) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] block = new byte[64 * 1024];
            for (Path jar : jars) {
                digest.update(jar.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                try (InputStream in = Files.newInputStream(jar)) {
                    for (int n = in.read(block); n >= 0; n = in.read(block)) {
                        digest.update(block, 0, n);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root == e ? e.toString() : e.getMessage() + " (" + root + ")";
    }

    private static Problem problem(String origin, String message) {
        return Problem.error(new Location(origin, 1, 1), "", message, null);
    }
}
