namespace Screening.Actors.Serialization;

/// <summary>Which serializers nodes may use. Goes before Akka's own configuration.</summary>
/// <remarks>
/// Our messages are packed by <see cref="WhitelistSerializer"/>. Akka's serializers for its own messages stay: those of remoting
/// (containers, primitive, and behind a guard system and misc), cluster, sharding, distributed data, singleton, persistence and plain
/// bytes. Denied are those that make what the bytes name: JSON with type names, which is Akka's choice for any type without a
/// binding, any Protobuf type, actors created from afar, and reliable delivery. None of what we use sends these; a test runs it.
/// </remarks>
internal static class SerializationConfiguration
{
    private static readonly string Bindings = string.Join("\n    ", WireForms.All.Select(form => $"\"{NameOf(form.Type)}\" = whitelist"));

    public static string Hocon { get; } = $$"""
        akka.actor {
          serializers {
            akka-misc = "{{NameOf(typeof(GuardedMiscSerializer))}}"
            akka-system-msg = "{{NameOf(typeof(GuardedSystemSerializer))}}"
            whitelist = "{{NameOf(typeof(WhitelistSerializer))}}"
            json = "{{NameOf(typeof(DeniedSerializer))}}"
            proto = "{{NameOf(typeof(DeniedSerializer))}}"
            daemon-create = "{{NameOf(typeof(DeniedSerializer))}}"
            reliable-delivery = "{{NameOf(typeof(DeniedSerializer))}}"
          }
          serialization-bindings {
            "System.Object" = json
            {{Bindings}}
          }
        }
        """;

    /// <summary>The same for a system without remoting: it only stores.</summary>
    public static string Local { get; } = $$"""
        akka.actor {
          serializers.whitelist = "{{NameOf(typeof(WhitelistSerializer))}}"
          serialization-bindings {
            {{Bindings}}
          }
        }
        """;

    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
