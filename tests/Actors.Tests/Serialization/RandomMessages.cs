using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Serialization;

/// <summary>Values of every type of message, made from their constructors; edges are likely.</summary>
internal sealed class RandomMessages(int seed)
{
    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly MethodInfo Array = typeof(RandomMessages).GetMethod(
        nameof(ArrayOf), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly Random _random = new(seed);

    public object Of(Type type)
    {
        if (type == typeof(HandOver))
            return HandOver.Instance;
        if (type == typeof(ReportGrants))
            return ReportGrants.Instance;
        var constructor = type.GetConstructors().MaxBy(candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(Argument)]);
    }

    private object? Argument(ParameterInfo parameter)
    {
        bool mayBeNull;
        lock (Nullability)
            mayBeNull = Nullability.Create(parameter).WriteState == NullabilityState.Nullable;
        if (mayBeNull && _random.Next(3) == 0)
            return null;
        return parameter.Name == "Bucket" ? _random.Next(-1, WhitelistLayout.Buckets) : Value(
            Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType);
    }

    private object Value(Type type) => type switch
    {
        _ when type == typeof(bool) => _random.Next(2) == 0,
        _ when type == typeof(int) => (int)Number(int.MinValue, int.MaxValue),
        _ when type == typeof(long) => Number(long.MinValue, long.MaxValue),
        _ when type == typeof(ulong) => (ulong)Number(long.MinValue, long.MaxValue),
        _ when type == typeof(string) => Text(),
        _ when type == typeof(ClientAddress) => Client(),
        _ when type == typeof(Address) => new Address(
            "akka.tcp", "fleet", _random.Next(2) == 0 ? $"mx{_random.Next(9)}.example" : "[2001:db8::1]", _random.Next(1, 65536)),
        _ when type == typeof(Network) => AnyNetwork(),
        _ when type == typeof(PostscreenTimes) => Times(),
        _ when type == typeof(AnswerCode) => new AnswerCode(0x7f000000u | (uint)_random.Next(1 << 24)),
        _ when type == typeof(CheckAnswer) => Of(typeof(DnsblAnswer)),
        _ when type == typeof(NewsItem) => Of(
            _random.Next(3) switch { 0 => typeof(PassNews), 1 => typeof(TimesNews), _ => typeof(RevocationNews) }),
        { IsEnum: true } => Enum.GetValues(type).GetValue(_random.Next(Enum.GetValues(type).Length))!,
        { IsGenericType: true } => Array.MakeGenericMethod(type.GenericTypeArguments).Invoke(this, null)!,
        _ => Of(type),
    };

    private ImmutableArray<T> ArrayOf<T>() =>
        [.. Enumerable.Range(0, _random.Next(8) == 0 ? 200 : _random.Next(4)).Select(_ => (T)Value(typeof(T)))];

    private long Number(long least, long most) => _random.Next(6) switch
    {
        0 => 0,
        1 => least,
        2 => most,
        3 => _random.Next(-130, 130),
        _ => _random.NextInt64(least, most),
    };

    private string Text() => _random.Next(4) switch
    {
        0 => "",
        1 => "default",
        2 => new string('ü', _random.Next(200)) + "\U0001F4E8\0",
        _ => $"mx{_random.Next(1000)}",
    };

    private ClientAddress Client() => _random.Next(2) == 0
        ? ClientAddress.FromIPv4((uint)_random.NextInt64(1L << 32))
        : ClientAddress.FromBits(new UInt128((ulong)_random.NextInt64(), (ulong)_random.NextInt64()));

    private Network AnyNetwork()
    {
        var address = Client();
        return Network.Of(address, _random.Next(address.BitLength + 1));
    }

    private PostscreenTimes Times() => new(Time(), Time(), Time(), Time(), Time());

    private long Time() => _random.Next(3) == 0 ? Number(long.MinValue, long.MaxValue) : 1_790_000_000 + _random.Next(1_000_000);
}
