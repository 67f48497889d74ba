package io.gatehouse.core.entity;

import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.schema.RecordShape;
import io.gatehouse.core.schema.Rule;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every kind of entity: its collection, what tells its entities apart, and the record that declares its fields, defaults,
 * ranges, references and rules. A kind stands after those that it refers to.
 */
@SuppressWarnings("ImmutableEnumChecker") // made by List.of and Set.of, and by lambdas without state
public enum EntityKind {
    CERTIFICATE("certificates", CertificateEntity.class, Key.NONE, as(), CertificateEntity::check),
    CA_CERTIFICATE("ca_certificates", CaCertificateEntity.class, Key.of("cert"), as(), CaCertificateEntity::check),
    SNI("snis", SniEntity.class, Key.name("name"), as(), SniEntity::check),
    SERVICE("services", ServiceEntity.class, Key.name("name"), ServiceEntity::prepare, ServiceEntity::check, "url"),
    ROUTE("routes", RouteEntity.class, Key.name("name"), RouteEntity::prepare, RouteEntity::check),
    CONSUMER("consumers", ConsumerEntity.class, Key.name("username"), as(), nothing(), "groups"),
    CONSUMER_GROUP(
            "consumer_groups",
            ConsumerGroupEntity.class,
            Key.name("name"),
            as(),
            ConsumerGroupEntity::check,
            "consumers"),
    CONSUMER_GROUP_CONSUMER(
            "consumer_group_consumers",
            ConsumerGroupConsumer.class,
            Key.of("consumer_group", "consumer"),
            as(),
            nothing()),
    UPSTREAM("upstreams", UpstreamEntity.class, Key.name("name"), UpstreamEntity::prepare, UpstreamEntity::check),
    TARGET("targets", TargetEntity.class, Key.of("upstream", "target"), TargetEntity::prepare, TargetEntity::check),
    VAULT("vaults", VaultEntity.class, Key.name("prefix").and("prefix"), as(), VaultEntity::check),
    KEY_SET("key_sets", KeySetEntity.class, Key.name("name"), as(), nothing()),
    KEY("keys", KeyEntity.class, Key.name("name").and("kid", "set"), as(), KeyEntity::check),
    PARTIAL("partials", PartialEntity.class, Key.name("name"), as(), PartialEntity::check),
    PLUGIN(
            "plugins",
            PluginEntity.class,
            Key.name("instance_name").and("name", "route", "service", "consumer", "consumer_group"),
            PluginEntity::prepare,
            PluginEntity::check,
            "_config"),
    KEYAUTH("keyauth_credentials", KeyauthCredential.class, Key.of("key"), as(), nothing()),
    BASICAUTH("basicauth_credentials", BasicauthCredential.class, Key.of("username"), as(), nothing()),
    HMACAUTH("hmacauth_credentials", HmacauthCredential.class, Key.of("username"), as(), nothing()),
    JWT("jwt_secrets", JwtSecret.class, Key.of("key"), as(), JwtSecret::check),
    OAUTH2("oauth2_credentials", Oauth2Credential.class, Key.of("client_id"), as(), Oauth2Credential::check),
    MTLS_AUTH(
            "mtls_auth_credentials",
            MtlsAuthCredential.class,
            Key.of("subject_name", "ca_certificate"),
            as(),
            nothing()),
    ACL("acls", AclGroup.class, Key.of("consumer", "group"), as(), nothing());

    /**
     * A field that refers to another entity.
     *
     * @param field the field
     * @param kind what it refers to
     * @param required whether it must be there
     * @param cascades whether one that refers goes with the one that it refers to; else it keeps that from going
     */
    public record Reference(String field, EntityKind kind, boolean required, boolean cascades) {}

    /** Turns what may be written in a shorter way into the fields of the record. */
    @FunctionalInterface
    interface Prepare {
        ConfigNode.Mapping prepare(ConfigNode.Mapping entity, Preparation preparation);
    }

    /** The rules that no annotation says: formats, and what fields ask of each other. */
    @FunctionalInterface
    interface Check<E extends Record> {
        void check(E entity, Report report);
    }

    private static final Set<EntityKind> CREDENTIALS =
            EnumSet.of(KEYAUTH, BASICAUTH, HMACAUTH, JWT, OAUTH2, MTLS_AUTH, ACL);

    private static final Map<EntityKind, List<Reference>> REFERENCES = new EnumMap<>(EntityKind.class);
    private static final Map<EntityKind, Set<String>> REFERENCE_FIELDS = new EnumMap<>(EntityKind.class);
    private static final Map<EntityKind, Set<EntityKind>> CHILDREN = new EnumMap<>(EntityKind.class);
    private static final Map<EntityKind, Set<String>> UNIQUE = new EnumMap<>(EntityKind.class);
    private static final Map<String, EntityKind> BY_PLURAL = new HashMap<>();
    private static final Map<String, EntityKind> BY_PATH = new HashMap<>();

    static {
        for (EntityKind kind : values()) {
            BY_PLURAL.put(kind.plural, kind);
            BY_PATH.put(kind.path(), kind);
            CHILDREN.put(kind, new LinkedHashSet<>());
        }
        for (EntityKind kind : values()) {
            List<Reference> references = new ArrayList<>();
            Set<String> unique = new LinkedHashSet<>();
            RecordShape shape = RecordShape.of(kind.type);
            RecordComponent[] components = kind.type.getRecordComponents();
            for (int i = 0; i < components.length; i++) {
                String field = shape.components().get(i).name();
                ForeignKey key = components[i].getAnnotation(ForeignKey.class);
                if (key != null) {
                    references.add(new Reference(
                            field, key.value(), shape.components().get(i).isRequired(), key.cascades()));
                    Objects.requireNonNull(CHILDREN.get(key.value())).add(kind);
                }
                if (components[i].isAnnotationPresent(Unique.class)) {
                    unique.add(field);
                }
            }
            REFERENCES.put(kind, List.copyOf(references));
            REFERENCE_FIELDS.put(
                    kind, references.stream().map(Reference::field).collect(Collectors.toUnmodifiableSet()));
            UNIQUE.put(kind, Set.copyOf(unique));
        }
    }

    private final String plural;
    private final Class<? extends Record> type;
    private final Key key;
    private final Prepare prepare;
    private final Check<Record> check;
    private final Set<String> shorter;

    @SuppressWarnings("unchecked") // called with records of its own type only
    <E extends Record> EntityKind(
            String plural, Class<E> type, Key key, Prepare prepare, Check<E> check, String... shorter) {
        this.plural = plural;
        this.type = type;
        this.key = key;
        this.prepare = prepare;
        this.check = (Check<Record>) check;
        this.shorter = Set.of(shorter);
    }

    private static Prepare as() {
        return (entity, preparation) -> entity;
    }

    private static <E extends Record> Check<E> nothing() {
        return (entity, report) -> {};
    }

    /** The kind of a collection; null when there is none. */
    public static @Nullable EntityKind of(String plural) {
        return BY_PLURAL.get(plural);
    }

    /** The name of the collection, such as {@code services}. */
    public String plural() {
        return plural;
    }

    /** The word for one of them, such as {@code service}. */
    public String singular() {
        return plural.substring(0, plural.length() - 1);
    }

    /** Where the Admin API has all of them: {@code services} for {@code /services}. */
    public String path() {
        return switch (this) {
            case KEY_SET -> "key-sets";
            case KEYAUTH -> "key-auths";
            case BASICAUTH -> "basic-auths";
            case HMACAUTH -> "hmac-auths";
            case JWT -> "jwts";
            case OAUTH2 -> "oauth2";
            case MTLS_AUTH -> "mtls-auths";
            default -> plural;
        };
    }

    /** Where the Admin API has those of one other entity: {@code key-auth} for {@code /consumers/amy/key-auth}. */
    public String nestedPath() {
        return switch (this) {
            case KEYAUTH -> "key-auth";
            case BASICAUTH -> "basic-auth";
            case HMACAUTH -> "hmac-auth";
            case JWT -> "jwt";
            case MTLS_AUTH -> "mtls-auth";
            default -> path();
        };
    }

    /** The kind whose {@link #path} this is; null when there is none that has one of its own. */
    public static @Nullable EntityKind at(String path) {
        EntityKind kind = BY_PATH.get(path);
        return kind == TARGET || kind == CONSUMER_GROUP_CONSUMER ? null : kind;
    }

    /** The field that may stand for the id in a path of the Admin API; null when there is none. */
    public @Nullable String endpointKey() {
        return switch (this) {
            case TARGET -> "target";
            case ACL -> "group";
            default -> {
                if (key.name() != null) {
                    yield key.name();
                }
                yield isCredential() && key.identity().size() == 1
                        ? key.identity().get(0)
                        : null;
            }
        };
    }

    /** The times that Kong keeps of one. */
    public List<String> times() {
        return isCredential() ? List.of("created_at") : Common.TIMES;
    }

    /** Whether no two of this kind have the same in a field. */
    public boolean isUnique(String field) {
        boolean alone = isCredential() && identity().equals(List.of(field));
        return alone || field.equals(nameField()) || unique().contains(field);
    }

    /** Fields that the Admin API fills at random when they are left out. */
    public Set<String> random() {
        return switch (this) {
            case KEYAUTH -> Set.of("key");
            case HMACAUTH -> Set.of("secret");
            case JWT -> Set.of("key", "secret");
            case OAUTH2 -> Set.of("client_id", "client_secret");
            default -> Set.of();
        };
    }

    /** The record that declares the fields. */
    public Class<? extends Record> type() {
        return type;
    }

    /** The unique field by which others refer to one; null when there is none. */
    public @Nullable String nameField() {
        return key.name();
    }

    /** The fields that together tell one from another, references among them; empty when the name alone does. */
    public List<String> identity() {
        return key.identity();
    }

    /** The fields that refer to other entities. */
    public List<Reference> references() {
        return Objects.requireNonNull(REFERENCES.get(this));
    }

    /** The kinds that may stand inside one of this. */
    public Set<EntityKind> children() {
        return Objects.requireNonNull(CHILDREN.get(this));
    }

    /** Whether this is a credential: something that makes a consumer known. */
    public boolean isCredential() {
        return CREDENTIALS.contains(this);
    }

    Set<String> referenceFields() {
        return Objects.requireNonNull(REFERENCE_FIELDS.get(this));
    }

    Set<String> unique() {
        return Objects.requireNonNull(UNIQUE.get(this));
    }

    ConfigNode.Mapping prepare(ConfigNode.Mapping entity, Preparation preparation) {
        return prepare.prepare(entity, preparation);
    }

    void check(Record entity, Report report) {
        check.check(entity, report);
        Rule.check(rules(), report.of(entity));
    }

    /** What fields ask of each other, as far as the schemas tell it. */
    List<Rule> rules() {
        return switch (this) {
            case CERTIFICATE -> CertificateEntity.RULES;
            case SERVICE -> ServiceEntity.RULES;
            case CONSUMER -> ConsumerEntity.RULES;
            case UPSTREAM -> UpstreamEntity.RULES;
            case KEY -> KeyEntity.RULES;
            default -> List.of();
        };
    }

    /** Whether a field means something without being a component of the record. */
    boolean isExtra(String field) {
        if (Common.knows(field) || shorter.contains(field)) {
            return true;
        }
        EntityKind child = BY_PLURAL.get(field);
        return child != null && children().contains(child);
    }

    /** What a user may write, for messages. */
    List<String> supported() {
        List<String> names = new ArrayList<>(RecordShape.of(type).names());
        names.addAll(shorter);
        children().forEach(child -> names.add(child.plural()));
        return names;
    }
}
