namespace FsCheck.Xunit;

/// <summary>Common settings of all properties in a class (with its nested classes) or an assembly.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Assembly)]
public sealed class PropertiesAttribute : PropertyAttribute;
