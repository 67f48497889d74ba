package io.gatehouse.core.entity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import java.util.regex.Pattern;

/** The ids of entities that the file gives none: name-based, as in DB-less Kong, so that they survive reloads. */
public final class Ids {
    private static final UUID NAMESPACE = UUID.fromString("fd02801f-0957-4a15-a55a-c8d9606f30b5");
    private static final Pattern UUID_TEXT =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    private Ids() {}

    /** Whether a text is a UUID as Kong wants it: in lower case. */
    public static boolean isValid(String text) {
        return UUID_TEXT.matcher(text).matches();
    }

    /** The id of the entity with this key in a collection. */
    static String of(String plural, String key) {
        return named(named(NAMESPACE, plural), key).toString();
    }

    private static UUID named(UUID namespace, String name) {
        MessageDigest sha1;
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
        sha1.update(ByteBuffer.allocate(16)
                .putLong(namespace.getMostSignificantBits())
                .putLong(namespace.getLeastSignificantBits())
                .array());
        ByteBuffer digest = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
        long most = (digest.getLong() & ~0xf000L) | 0x5000L;
        long least = (digest.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
        return new UUID(most, least);
    }
}
