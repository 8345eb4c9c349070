using System.Text;

namespace Screening.Protocol.Framing;

/// <summary>
/// The attributes that one kind of message may have, each under a number of its own. Nothing else sets the readers of attribute messages
/// apart.
/// </summary>
/// <remarks>
/// Unknown attributes are ignored, and of a repeated one the last counts. SMTPD_POLICY_README demands the first and leaves the second to
/// the server; here every protocol follows the same rules.
/// </remarks>
public sealed class AttributeTable
{
    /// <summary>Numbers run from 0 to below this.</summary>
    public const int MaxAttributes = 12;

    private readonly byte[][] _names;
    private readonly int[] _attributes;
    private readonly ushort[] _keys;

    /// <summary>Makes a table. Names with the same number are one attribute.</summary>
    public AttributeTable(params ReadOnlySpan<(int Attribute, string Name)> entries)
    {
        _names = new byte[entries.Length][];
        _attributes = new int[entries.Length];
        _keys = new ushort[entries.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var (attribute, name) = entries[i];
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(attribute, MaxAttributes);
            _names[i] = Encoding.ASCII.GetBytes(name);
            _attributes[i] = attribute;
            _keys[i] = Key(_names[i]);
        }
    }

    /// <summary>Reads a framed message of <c>name=value</c> lines in one pass, without allocating.</summary>
    public AttributeValues Read(ReadOnlySpan<byte> message)
    {
        var lines = new AttributeLines(message);
        var values = new AttributeValues(message);
        while (lines.MoveNext())
        {
            if (TryFind(lines.Name, out var attribute))
                values.Set(attribute, lines.ValueOffset, lines.Value.Length);
        }

        values.Error = lines.Error;
        return values;
    }

    /// <summary>Finds the attribute of a name, which is not empty.</summary>
    public bool TryFind(ReadOnlySpan<byte> name, out int attribute)
    {
        var key = Key(name);
        for (var i = 0; i < _keys.Length; i++)
        {
            if (_keys[i] == key && name.SequenceEqual(_names[i]))
            {
                attribute = _attributes[i];
                return true;
            }
        }

        attribute = -1;
        return false;
    }

    // Length and first letter tell nearly all names of a message apart, so that most lines cost one comparison of names or none.
    private static ushort Key(ReadOnlySpan<byte> name) => (ushort)((name.Length << 8) | name[0]);
}
