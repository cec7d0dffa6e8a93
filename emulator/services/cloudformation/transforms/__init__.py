"""Transforms: pure functions from template document to template document, before it is read.

    declarations         which transforms a document asks for, and where it may not
    setting              what they are carried out with: parameters, S3, macros
    processing           all of a document's, in their order
    include              AWS::Include
    macros               those that are Lambda functions of one's own
    language_extensions  AWS::LanguageExtensions, section by section
    evaluation           a value as far as it is known before anything is made
    loops                Fn::ForEach

Rule: what S3 and Lambda have to say comes through the setting; nothing here knows the emulator.

Source: "Perform custom processing on CloudFormation templates with template macros" in the User
Guide; "Transform reference" in the template reference.
"""
