using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// What tells one mail from another: its <c>instance</c> and its client. Of a fixed size, so that a table of mails allocates nothing: an
/// instance that is longer than any of Postfix's stands there as its SHA-256.
/// </summary>
internal readonly struct MailKey : IEquatable<MailKey>
{
    // Postfix's are four hexadecimal numbers and dots, as a rule 22 octets (smtpd_check.c).
    private const int MaxInstanceBytes = 63;
    private const byte Hashed = 255;

    private readonly Octets _instance;
    private readonly byte _length;
    private readonly ClientAddress _client;

    public MailKey(ReadOnlySpan<byte> instance, ClientAddress client)
    {
        _client = client;
        if (instance.Length <= MaxInstanceBytes)
        {
            _length = (byte)instance.Length;
            instance.CopyTo(_instance);
        }
        else
        {
            _length = Hashed;
            SHA256.HashData(instance, _instance);
        }
    }

    public bool Equals(MailKey other) =>
        _length == other._length && _client == other._client && ((ReadOnlySpan<byte>)_instance).SequenceEqual(other._instance);

    public override bool Equals(object? obj) => obj is MailKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_instance);
        hash.Add(_client);
        return hash.ToHashCode();
    }

    [InlineArray(MaxInstanceBytes)]
    private struct Octets
    {
        private byte _first;
    }
}
