package io.gatehouse.core.snapshot;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.JsonTree;
import io.gatehouse.core.config.Location;
import io.gatehouse.core.entity.DeclarativeConfig;
import io.gatehouse.core.entity.Entity;
import io.gatehouse.core.entity.EntityEdit;
import io.gatehouse.core.entity.EntityKind;
import io.gatehouse.core.routing.RequestPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what the Admin API changed, so that it survives a restart: every entity, and the digest of the files that it started
 * from. Secrets are in it as the configuration has them, so only its owner may read it.
 *
 * <p>A line is a checksum and JSON. The first says what it is; then there is a line for each entity, and one for each set of
 * edits, which holds when it is whole. The first edit and a file that has grown too long are written anew beside it, forced
 * to the disk, and take its place by a rename, which is forced too. Other edits are one line at the end, forced to the disk
 * before they go live. Death between any two of these leaves a file that has every edit that was answered; a line that is
 * not whole was not.
 *
 * <p>For one thread.
 */
final class StateFile {
    /** What is appended before the file is written anew, beside twice what it began with. */
    private static final long SLACK = 4 << 20;

    private static final int FORMAT = 2;

    /**
     * Prefixes of routes stood there with escapes that no request has, and dates of keys that nobody asked for; both mean
     * something by now.
     */
    private static final int FORMAT_BEFORE = 1;

    private final Path path;
    private final Consumer<String> steps;
    private @Nullable FileChannel open;
    private @Nullable FileChannel locked;
    private long began;

    /** A file; it need not be there. */
    StateFile(Path path) {
        this(path, step -> {});
    }

    /**
     * A file.
     *
     * @param steps told before each step of writing; tests end there
     */
    StateFile(Path path, Consumer<String> steps) {
        this.path = path;
        this.steps = steps;
    }

    /**
     * What a file keeps.
     *
     * @param digest of the configuration files that it started from
     * @param entities all of them
     * @param torn whether its last line is not whole, so that it is left out: nobody was told that it holds
     */
    record Kept(String digest, List<EntityEdit> entities, boolean torn) {}

    /** The file is damaged in a way that no death of ours leaves. */
    static final class Damaged extends IOException {
        private static final long serialVersionUID = 1;

        Damaged(String message) {
            super(message);
        }
    }

    Path path() {
        return path;
    }

    /** What it keeps; null when there is no file. */
    @Nullable
    Kept read() throws IOException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(path);
        } catch (NoSuchFileException none) {
            return null;
        }
        Map<String, EntityEdit> entities = new LinkedHashMap<>();
        String digest = null;
        boolean old = false;
        int begin = 0;
        int line = 0;
        long first = 0;
        while (begin < bytes.length) {
            line++;
            int end = begin;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            Location at = new Location(path.toString(), line, 1);
            ConfigNode.Mapping said = line(bytes, begin, end, at);
            if (said == null) {
                if (end < bytes.length - 1 || digest == null) {
                    throw new Damaged(
                            at + " is damaged (expected: a line as it was written); the file must be mended or"
                                    + " moved away");
                }
                return new Kept(digest, List.copyOf(entities.values()), true);
            }
            if (digest == null) {
                digest = digest(said, at);
                old = isOf(FORMAT_BEFORE, said);
            } else if (said.get("edits") instanceof ConfigNode.Sequence edits) {
                for (ConfigNode edit : edits.items()) {
                    take((ConfigNode.Mapping) edit, old, at, entities);
                }
            } else {
                take(said, old, at, entities);
                first = end;
            }
            begin = end + 1;
        }
        began = first;
        if (digest == null) {
            throw new Damaged(path + " is empty; it must be moved away");
        }
        return new Kept(digest, List.copyOf(entities.values()), false);
    }

    private static ConfigNode.@Nullable Mapping line(byte[] bytes, int begin, int end, Location at) {
        if (end == bytes.length || end - begin < 10) {
            return null; // whole lines end with a line feed
        }
        String sum = new String(bytes, begin, 8, StandardCharsets.US_ASCII);
        if (!sum.equals(sum(bytes, begin + 9, end - begin - 9))) {
            return null;
        }
        try {
            String json = new String(bytes, begin + 9, end - begin - 9, StandardCharsets.UTF_8);
            return JsonTree.read(json, at, true) instanceof ConfigNode.Mapping mapping ? mapping : null;
        } catch (IOException notOurs) {
            return null;
        }
    }

    private static String digest(ConfigNode.Mapping head, Location at) throws Damaged {
        if (!(isOf(FORMAT, head) || isOf(FORMAT_BEFORE, head))
                || !(head.get("files") instanceof ConfigNode.Scalar files)) {
            throw new Damaged(
                    at + " is no state of this version (expected: format " + FORMAT + "); the file must be moved away");
        }
        return files.text();
    }

    private static boolean isOf(int format, ConfigNode.Mapping head) {
        return text(head.get("gatehouse_state")).equals(Integer.toString(format));
    }

    private static void take(ConfigNode.Mapping said, boolean old, Location at, Map<String, EntityEdit> entities)
            throws Damaged {
        ConfigNode.Entry entry = said.entries().iterator().next();
        boolean gone = entry.name().equals("gone");
        EntityKind kind = EntityKind.of(gone ? text(said.get("of")) : entry.name());
        if (kind == null) {
            throw new Damaged(at + " is of a kind that this version does not know; the file must be moved away");
        }
        String id = gone ? text(entry.value()) : text(((ConfigNode.Mapping) entry.value()).get("id"));
        String key = EntityEdit.place(kind, id);
        if (gone) {
            entities.remove(key);
        } else {
            ConfigNode.Mapping fields = (ConfigNode.Mapping) entry.value().at(kind.plural() + "[" + id + "]");
            entities.put(key, new EntityEdit(kind, id, old ? upgraded(kind, fields) : fields));
        }
    }

    /** What an entity of the format before is in this one. */
    private static ConfigNode.Mapping upgraded(EntityKind kind, ConfigNode.Mapping fields) {
        if (kind == EntityKind.KEYAUTH) {
            return fields.without(Entity.TTL_SAID::equals);
        }
        if (kind != EntityKind.ROUTE || !(fields.get("paths") instanceof ConfigNode.Sequence paths)) {
            return fields;
        }
        List<ConfigNode> normal = new ArrayList<>();
        for (ConfigNode path : paths.items()) {
            String prefix = text(path).startsWith("/") ? RequestPath.normalise(text(path)) : null;
            normal.add(prefix != null && path instanceof ConfigNode.Scalar scalar ? scalar.withText(prefix) : path);
        }
        return fields.with("paths", new ConfigNode.Sequence(paths.location(), paths.path(), normal));
    }

    private static String text(@Nullable ConfigNode node) {
        return node instanceof ConfigNode.Scalar scalar ? scalar.text() : "";
    }

    /**
     * Keeps edits. When this returns, they are on the disk.
     *
     * @param digest of the files that the configuration started from
     * @param config what they lead to
     */
    void keep(String digest, DeclarativeConfig config, Collection<EntityEdit> edits) throws IOException {
        FileChannel channel = open;
        if (channel == null || channel.size() > 3 * began + SLACK) {
            write(digest, config);
            return;
        }
        StringBuilder json = new StringBuilder("{\"edits\":[");
        String comma = "";
        for (EntityEdit edit : edits) {
            json.append(comma);
            Entity entity = config.find(edit.kind(), edit.id());
            if (edit.fields() == null || entity == null) {
                json.append("{\"gone\":\"").append(edit.id()).append("\",\"of\":\"");
                json.append(edit.kind().plural()).append("\"}");
            } else {
                put(json, entity);
            }
            comma = ",";
        }
        long end = channel.size();
        try {
            steps.accept("append");
            all(channel, line(json.append("]}")));
            steps.accept("force");
            channel.force(true);
        } catch (IOException | RuntimeException e) {
            closeFile(); // whatever is at the end by now, the next edit writes the whole anew
            cut(end);
            throw e;
        }
    }

    private void cut(long end) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(end);
        } catch (IOException e) {
            // a line that nobody was told of may hold after a restart
        }
    }

    /** Writes the whole, beside the file, and then in its place. */
    void write(String digest, DeclarativeConfig config) throws IOException {
        lock();
        closeFile();
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        steps.accept("create");
        Files.deleteIfExists(fresh);
        FileChannel channel = FileChannel.open(
                fresh, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), permissions(fresh));
        try {
            steps.accept("write");
            StringBuilder head = new StringBuilder();
            head.append("{\"gatehouse_state\":").append(FORMAT).append(",\"files\":\"");
            all(channel, line(head.append(digest).append("\"}")));
            for (EntityKind kind : EntityKind.values()) {
                StringBuilder lines = new StringBuilder();
                for (Entity entity : config.all(kind)) {
                    StringBuilder json = new StringBuilder();
                    put(json, entity);
                    lines.append(line(json));
                }
                all(channel, lines);
            }
            steps.accept("force whole");
            channel.force(true);
            steps.accept("rename");
            Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            steps.accept("force folder");
            forceFolder();
            began = channel.size();
            open = channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** Moves the file aside, since it no longer goes with the configuration files; where it is now. */
    Path moveAside() throws IOException {
        closeFile();
        Path aside = path.resolveSibling(path.getFileName() + ".old");
        Files.move(path, aside, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder();
        return aside;
    }

    /** Two gateways with one file would each write over what the other answered. */
    private void lock() throws IOException {
        if (locked != null) {
            return;
        }
        Path file = path.resolveSibling(path.getFileName() + ".lock");
        FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), permissions(file));
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException ownedHere) {
            // by another gateway of this process
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException(path + " is kept by another gateway (expected: a file of its own for each)");
        }
        locked = channel;
    }

    void close() {
        closeFile();
        FileChannel lock = locked;
        locked = null;
        closed(lock);
    }

    private void closeFile() {
        FileChannel channel = open;
        open = null;
        closed(channel);
    }

    private static void closed(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // all that counts was forced
            }
        }
    }

    private void forceFolder() throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    private static FileAttribute<?>[] permissions(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    private static void put(StringBuilder json, Entity entity) {
        json.append("{\"").append(entity.kind().plural()).append("\":");
        JsonTree.write(json, entity.node());
        json.append('}');
    }

    private static StringBuilder line(StringBuilder json) {
        byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
        return new StringBuilder(json.length() + 10)
                .append(sum(bytes, 0, bytes.length))
                .append(' ')
                .append(json)
                .append('\n');
    }

    private static String sum(byte[] bytes, int from, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, length);
        return String.format(Locale.ROOT, "%08x", sum.getValue());
    }

    private static void all(FileChannel channel, CharSequence text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
