package io.gatehouse.core.snapshot;

import io.gatehouse.api.Consumer;
import io.gatehouse.api.Credential;
import io.gatehouse.api.Directory;
import io.gatehouse.core.config.ConsumerEntity;
import io.gatehouse.core.config.DeclarativeConfig;
import io.gatehouse.core.config.KeyauthCredential;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Consumers and credentials of one snapshot. Keys are held and compared as SHA-256 digests, so that neither time nor
 * memory tells them.
 */
final class EntityDirectory implements Directory {
    private static final String KEYAUTH = "keyauth_credentials";

    private final Map<String, Consumer> consumersByName = new HashMap<>();
    private final Map<Digest, Credential> keyauth = new HashMap<>();

    EntityDirectory(DeclarativeConfig config) {
        Map<String, Consumer> byId = new HashMap<>();
        for (ConsumerEntity entity : config.consumers()) {
            Consumer consumer = new Consumer(entity.id(), entity.username(), entity.customId(), entity.tags());
            byId.put(entity.id(), consumer);
            if (entity.username() != null) {
                consumersByName.put(entity.username(), consumer);
            }
        }
        consumersByName.putAll(byId);
        for (KeyauthCredential entity : config.keyauthCredentials()) {
            Consumer consumer = byId.get(entity.consumerId());
            if (consumer != null) {
                keyauth.put(Digest.of(entity.key().value()), new Credential(entity.id(), KEYAUTH, consumer, Map.of()));
            }
        }
    }

    @Override
    public @Nullable Credential credential(String type, String key) {
        return type.equals(KEYAUTH) && !keyauth.isEmpty() ? keyauth.get(Digest.of(key)) : null;
    }

    @Override
    public java.util.List<io.gatehouse.api.ConsumerGroup> groups(Consumer consumer) {
        return java.util.List.of();
    }

    @Override
    public @Nullable Consumer consumer(String idOrUsername) {
        return consumersByName.get(idOrUsername);
    }

    /** A SHA-256 digest as a map key. */
    private static final class Digest {
        private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(Digest::sha256);

        private final byte[] bytes;

        private Digest(byte[] bytes) {
            this.bytes = bytes;
        }

        static Digest of(String key) {
            return new Digest(SHA_256.get().digest(key.getBytes(StandardCharsets.UTF_8)));
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every JDK has it
            }
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Digest that && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return (bytes[0] & 255) << 24 | (bytes[1] & 255) << 16 | (bytes[2] & 255) << 8 | bytes[3] & 255;
        }
    }
}
