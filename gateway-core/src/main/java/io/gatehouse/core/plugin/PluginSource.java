package io.gatehouse.core.plugin;

import io.gatehouse.api.PluginFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where plugins come from: the gateway's own class path, or one JAR or folder of JARs with its own loader. Lives as long
 * as a snapshot uses it.
 */
public final class PluginSource {
    private final String origin;
    private final String contentHash;
    private final ClassLoader loader;
    private final @Nullable Path copies;
    private final List<PluginFactory<?>> factories;
    private final Map<Class<?>, List<?>> extensions = new ConcurrentHashMap<>();
    private final Map<PluginFactory<?>, LiveContext> started = new LinkedHashMap<>();

    PluginSource(String origin, String contentHash, ClassLoader loader, @Nullable Path copies) {
        this.origin = origin;
        this.contentHash = contentHash;
        this.loader = loader;
        this.copies = copies;
        List<PluginFactory<?>> found = new ArrayList<>();
        for (PluginFactory<?> factory : ServiceLoader.load(PluginFactory.class, loader)) {
            found.add(factory);
        }
        this.factories = List.copyOf(found);
    }

    /** Whether it is the gateway's own class path. */
    public boolean isBundled() {
        return contentHash.isEmpty();
    }

    /** {@code bundled}, or the file or folder. */
    public String origin() {
        return origin;
    }

    /**
     * Whether a factory of this source is one of Gatehouse's own, whose metrics keep their names. In tests other people's
     * plugins stand on the gateway's class path, too, and must look there as they will look in production.
     */
    boolean ships(PluginFactory<?> factory) {
        return copies == null && factory.getClass().getName().startsWith("io.gatehouse.");
    }

    /** Equal for equal bytes of equal files. */
    String contentHash() {
        return contentHash;
    }

    /** Its factories, each made once. */
    public List<PluginFactory<?>> factories() {
        return factories;
    }

    ClassLoader loader() {
        return loader;
    }

    /** Its implementations of an extension point, each made once. */
    @SuppressWarnings("unchecked") // computed for this very type
    <T> List<T> extensions(Class<T> type) {
        return (List<T>) extensions.computeIfAbsent(type, wanted -> {
            List<Object> found = new ArrayList<>();
            for (Object extension : ServiceLoader.load(wanted, loader)) {
                found.add(extension);
            }
            return List.copyOf(found);
        });
    }

    /** Factories that were started, with their contexts. Guarded by the lifecycle: one caller at a time. */
    Map<PluginFactory<?>, LiveContext> started() {
        return started;
    }

    /** Lets the classes go. */
    void unload() {
        if (copies == null) {
            return;
        }
        try {
            ((URLClassLoader) loader).close();
            delete(copies);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
